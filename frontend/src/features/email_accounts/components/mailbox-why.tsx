'use client';
import Link from 'next/link';
import type { ReactNode } from 'react';

import { ProgressBar } from '@/components/ui/progress';
import { ErrorState, Skeleton } from '@/components/ui/states';
import { Instant, WhyFacts } from '@/components/ui/why-facts';
import type { Schema } from '@/lib/client';
import { cn } from '@/lib/cn';
import { count } from '@/lib/format';
import { paths } from '@/lib/paths';

import { useMailboxWhy } from '../api/get-mailbox-why';

/** Whether it may send now and else why not; every cap with the room left; who waits for it. */
export function MailboxWhy({ mailbox }: { mailbox: string }) {
  const why = useMailboxWhy(mailbox);
  return (
    <section aria-labelledby="sending-now" className="space-y-3">
      <h3 id="sending-now" className="text-sm font-semibold">
        Sending now
      </h3>
      {why.isPending ? (
        <div role="status" aria-label="Looking why" className="space-y-2">
          <Skeleton className="h-5 w-48" />
          <Skeleton className="h-4 w-full" />
          <Skeleton className="h-24 w-full" />
        </div>
      ) : why.isLoadingError ? (
        <ErrorState error={why.error} onRetry={() => void why.refetch()} className="py-4" />
      ) : (
        <Told why={why.data} />
      )}
    </section>
  );
}

function Told({ why }: { why: Schema<'MailboxExplainOut'> }) {
  return (
    <>
      {why.held ? (
        <WhyFacts
          why={why.held}
          zone={why.timezone}
          context={{ mailbox: why.email_account_id }}
          here={paths.mailbox(why.email_account_id)}
        />
      ) : (
        <p>
          Nothing keeps this mailbox from sending.{' '}
          {why.next_turn_at ? (
            <>
              Next turn: <Instant at={why.next_turn_at} zone={why.timezone} />
            </>
          ) : (
            <span className="text-ink-2">Nothing is waiting for it.</span>
          )}
        </p>
      )}
      <Caps caps={why.caps} />
      <Waiting campaigns={why.campaigns} />
    </>
  );
}

type Cap = Schema<'CapToday'>;

/** A cap by the reason it gives when it is reached. */
const CAPS: Record<string, { name: string; note: (cap: Cap) => ReactNode }> = {
  mailbox_cap: { name: 'Its daily limit', note: () => 'set below' },
  ramp: { name: 'Ramp', note: () => 'today; more every day' },
  health_cap: { name: 'Health', note: () => 'until it recovers' },
  domain_cap: { name: 'Its domain', note: (cap) => <OfTheDomain set_in={cap.set_in} /> },
  provider_cap: { name: 'Its provider', note: () => 'in any 24 hours; set on the server' },
};

function OfTheDomain({ set_in }: Pick<Cap, 'set_in'>) {
  return (
    <>
      a day, all its mailboxes together; {set_in === 'server' && 'set on the server, or '}
      <Link
        href={paths.settingsPart('organization')}
        prefetch={false}
        className="text-accent hover:underline"
      >
        {set_in === 'organization' ? 'set for the organization' : 'in the settings'}
      </Link>
    </>
  );
}

function Caps({ caps }: { caps: readonly Cap[] }) {
  return (
    <div>
      <table className="w-full text-left" aria-label="Caps that hold now">
        <thead className="sr-only">
          <tr>
            <th scope="col">Cap</th>
            <th scope="col">Used</th>
            <th scope="col">Left</th>
          </tr>
        </thead>
        <tbody className="divide-y border-y">
          {caps.map((cap, place) => {
            const said = CAPS[cap.code];
            const name = said?.name ?? cap.code.replaceAll('_', ' ');
            const first = place === 0;
            return (
              <tr key={cap.code} aria-current={first || undefined}>
                <th scope="row" className="py-1.5 pr-3 font-normal">
                  <span className={cn('block', first && 'font-medium')}>{name}</span>
                  <span className="block text-xs text-ink-3">{said?.note(cap)}</span>
                </th>
                <td className="w-2/5 py-1.5 pr-3">
                  <ProgressBar
                    label={name}
                    total={cap.limit}
                    segments={[{ label: 'sent', value: cap.used, tone: cap.left > 0 ? 'sending' : 'held' }]}
                  />
                  <span className="block text-xs text-ink-2">
                    {count(cap.used)} of {count(cap.limit)}
                  </span>
                </td>
                <td className={cn('w-24 py-1.5 text-right text-xs', first ? 'font-medium' : 'text-ink-2')}>
                  {cap.left > 0 ? `${count(cap.left)} left` : 'none left'}
                  {first && caps.length > 1 && (
                    <span className="block font-normal text-ink-3">the tightest</span>
                  )}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function Waiting({ campaigns }: { campaigns: readonly Schema<'DueHere'>[] }) {
  if (campaigns.length === 0) return <p className="text-ink-2">No running campaign uses it.</p>;
  return (
    <ul aria-label="Campaigns that use it" className="space-y-1">
      <li aria-hidden className="text-xs text-ink-3">
        Campaigns that use it
      </li>
      {campaigns.map((one) => (
        <li key={one.campaign_id} className="flex items-baseline justify-between gap-3">
          <Link
            href={paths.campaign(one.campaign_id)}
            prefetch={false}
            className="min-w-0 truncate hover:underline"
          >
            {one.name}
          </Link>
          <span className="shrink-0 text-xs text-ink-2">
            {one.due > 0 ? `${count(one.due)} due now` : 'nothing due now'}
          </span>
        </li>
      ))}
    </ul>
  );
}
