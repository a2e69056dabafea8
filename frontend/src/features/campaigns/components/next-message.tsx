'use client';
import { CircleHelp } from 'lucide-react';

import { WhyChip } from '@/components/ui/why-chip';
import type { Schema } from '@/lib/client';
import { fullTime, when } from '@/lib/format';
import { remedyFor } from '@/lib/why';

import { EnrollmentWhy } from './enrollment-why';

type Standing = Pick<
  Schema<'LeadEnrollmentOut'>,
  'enrollment_id' | 'status' | 'next_step' | 'next_due_at' | 'blocked_reason' | 'blocked_until'
>;

const OPEN: ReadonlySet<string> = new Set(['pending', 'active', 'held']);

/** Whether something may still go to a person in this state. */
export const isOpen = (status: string): boolean => OPEN.has(status);

/** What comes next and when, or what is in the way; asked, it says why in full. */
export function NextMessage({
  one,
  campaign,
  who,
  mailboxes,
}: {
  one: Standing;
  campaign: string;
  who: { lead: string; email: string };
  /** Addresses of mailboxes by id. */
  mailboxes?: ReadonlyMap<string, string> | undefined;
}) {
  const told = <NextWords one={one} />;
  if (!isOpen(one.status)) return told;
  return (
    <EnrollmentWhy
      campaign={campaign}
      enrollment={one.enrollment_id}
      {...who}
      mailboxes={mailboxes}
      className="group relative z-10 -mx-1 inline-flex max-w-full items-center gap-1 rounded-sm px-1 text-left hover:bg-hover"
    >
      {told}
      {!one.blocked_reason && (
        <CircleHelp className="size-3 shrink-0 text-ink-3 group-hover:text-ink" aria-hidden />
      )}
      <span className="sr-only">, why is nothing sent to {who.email} now</span>
    </EnrollmentWhy>
  );
}

function NextWords({ one }: { one: Standing }) {
  if (one.blocked_reason) {
    const { words, tone } = remedyFor(one.blocked_reason);
    return <WhyChip reason={words} until={one.blocked_until} tone={tone} />;
  }
  if (one.next_due_at)
    return (
      <span className="truncate text-ink-2" title={fullTime(one.next_due_at)}>
        Step {one.next_step}, {when(one.next_due_at)}
      </span>
    );
  return <span className="text-ink-3">{isOpen(one.status) ? `Step ${one.next_step}` : '–'}</span>;
}
