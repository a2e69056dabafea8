'use client';
import type { ReactNode } from 'react';

import { useRowPopover } from '@/components/ui/row-surface';
import { ErrorState, Skeleton } from '@/components/ui/states';
import { Fact, Instant, WhyFacts } from '@/components/ui/why-facts';

import { useEnrollmentWhy } from '../api/get-enrollment-why';

interface Asked {
  campaign: string;
  enrollment: string;
  lead: string;
  email: string;
  /** Addresses of mailboxes by id. */
  mailboxes?: ReadonlyMap<string, string> | undefined;
}

/** The button that says why this person's next message does not go now, until when, and what would change it. */
export function EnrollmentWhy({
  className,
  children,
  ...asked
}: Asked & { className?: string; children: ReactNode }) {
  const popover = useRowPopover(`why ${asked.enrollment}`, {
    label: `Why nothing goes to ${asked.email} now`,
    className: 'w-84 max-w-[calc(100vw-1rem)] text-sm',
    children: <WhyOf {...asked} />,
  });
  return (
    <button type="button" className={className} {...popover}>
      {children}
    </button>
  );
}

function WhyOf({ campaign, enrollment, lead, mailboxes }: Asked) {
  const why = useEnrollmentWhy(campaign, enrollment);
  if (why.isPending)
    return (
      <div role="status" aria-label="Looking why" className="space-y-2">
        <Skeleton className="h-5 w-40" />
        <Skeleton className="h-4 w-full" />
        <Skeleton className="h-4 w-56" />
        <Skeleton className="h-4 w-48" />
      </div>
    );
  if (why.isLoadingError)
    return <ErrorState error={why.error} onRetry={() => void why.refetch()} className="px-2 py-4" />;
  const { held, step, next_due_at, email_account_id, timezone } = why.data;
  const sender = email_account_id ? mailboxes?.get(email_account_id) : undefined;
  return (
    <div className="space-y-3">
      {held ? (
        <WhyFacts
          why={{ ...held, until: held.until ?? null }}
          zone={timezone}
          context={{ campaign, lead, mailbox: email_account_id }}
        />
      ) : (
        <p>
          <span className="font-medium">Nothing is in its way.</span> The message is with the mailbox and
          leaves within moments.
        </p>
      )}
      {held?.code !== 'enrollment_ended' && (
        <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1 border-t pt-2 text-xs">
          <Fact name="Step">{step}</Fact>
          {next_due_at && (
            <Fact name="Planned">
              <Instant at={next_due_at} zone={timezone} />
            </Fact>
          )}
          {sender && (
            <Fact name="From">
              <span className="block truncate">{sender}</span>
            </Fact>
          )}
        </dl>
      )}
    </div>
  );
}
