'use client';
import { WaitingList } from '@/components/ui/waiting-list';
import { WhyChip } from '@/components/ui/why-chip';
import type { Schema } from '@/lib/client';
import { count, when } from '@/lib/format';
import { remedyFor } from '@/lib/why';

import { useExplanation } from '../api/get-explanation';
import { peopleHref } from '../model';

/** Why due messages of this campaign do not go: one reason each, until when, what would change it. */
export function Explanation({
  campaign,
  blockedBy,
}: {
  campaign: string;
  /** How many people each reason blocks: these can be listed. */
  blockedBy: Readonly<Record<string, number>>;
}) {
  const { data, isPending } = useExplanation(campaign);
  if (isPending || !data) return null;
  return (
    <>
      <WaitingList
        reasons={data.reasons}
        context={{ campaign }}
        peopleHref={(reason) =>
          blockedBy[reason] ? peopleHref(campaign, { state: 'blocked', reason }) : undefined
        }
        className="-my-2"
      />
      <MailboxesToday mailboxes={data.mailboxes} campaign={campaign} />
    </>
  );
}

/** The senders of this campaign: how far their day is, and what keeps one from sending now. */
function MailboxesToday({
  mailboxes,
  campaign,
}: {
  mailboxes: readonly Schema<'MailboxWhy'>[];
  campaign: string;
}) {
  if (mailboxes.length === 0) return null;
  return (
    <ul className="mt-3 divide-y border-t" aria-label="Mailboxes today">
      {mailboxes.map((box) => {
        const remedy = box.held
          ? remedyFor(box.held.code, { campaign, mailbox: box.email_account_id })
          : undefined;
        return (
          <li key={box.email_account_id} className="flex flex-wrap items-center gap-x-3 gap-y-0.5 py-2">
            <span className="min-w-0 flex-1 basis-40 truncate" title={box.email_address}>
              {box.email_address}
            </span>
            {box.held && remedy ? (
              <WhyChip
                reason={remedy.words}
                until={box.held.until}
                remedy={[box.held.detail, box.held.change].filter(Boolean).join(' ')}
                href={remedy.href}
                tone={remedy.tone}
              />
            ) : (
              <span className="text-xs text-ink-3">
                {box.due > 0 && box.next_turn_at ? `next ${when(box.next_turn_at)}` : 'nothing is due'}
              </span>
            )}
            <span className="shrink-0 text-xs text-ink-2">
              {count(box.sent_today)} of {count(box.limit_today)} today
            </span>
          </li>
        );
      })}
    </ul>
  );
}
