'use client';
import Link from 'next/link';
import { useMemo } from 'react';

import { StatusWord } from '@/components/ui/status';
import { isOpen, NextMessage } from '@/features/campaigns/components/next-message';
import { stateWord } from '@/features/campaigns/model';
import { useMailboxes } from '@/features/email_accounts/api/list-mailboxes';
import type { Schema } from '@/lib/client';
import { paths } from '@/lib/paths';

/** The campaigns of a person; where something may still go, what is next and why it does not go now. */
export function LeadEnrollments({
  lead,
}: {
  lead: Pick<Schema<'LeadDetailOut'>, 'id' | 'email' | 'enrollments'>;
}) {
  const mailboxes = useMailboxes();
  const names = useMemo(
    () => new Map((mailboxes.data ?? []).map((box) => [box.id, box.email_address])),
    [mailboxes.data],
  );
  if (lead.enrollments.length === 0)
    return <p className="px-4 py-6 text-center text-ink-2">In no campaign.</p>;
  return (
    <ul className="divide-y" aria-label="Campaigns of this person">
      {lead.enrollments.map((one) => (
        <li
          key={one.enrollment_id}
          className="relative flex flex-wrap items-center justify-between gap-x-3 gap-y-0.5 px-4 py-2.5 hover:bg-hover"
        >
          <Link
            href={paths.campaign(one.campaign_id)}
            prefetch={false}
            className="min-w-0 flex-1 truncate font-medium after:absolute after:inset-0"
          >
            {one.campaign_name}
          </Link>
          <StatusWord status={one.state} word={stateWord(one.state)} className="shrink-0 text-xs" />
          {isOpen(one.status) && (
            <span className="w-full text-xs">
              <NextMessage
                one={one}
                campaign={one.campaign_id}
                who={{ lead: lead.id, email: lead.email }}
                mailboxes={names}
              />
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}
