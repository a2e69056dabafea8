'use client';
import Link from 'next/link';
import type { ReactNode } from 'react';

import { Checkbox } from '@/components/ui/checkbox';
import { Button } from '@/components/ui/button';
import { EmptyState, ErrorState, SkeletonRows } from '@/components/ui/states';
import { StatusWord } from '@/components/ui/status';
import { count } from '@/lib/format';
import { paths } from '@/lib/paths';

import { useMailboxes } from '../api/list-mailboxes';
import { mailboxState } from '../model';

/** Which mailboxes a campaign sends from. */
export function MailboxPicker({
  chosen,
  onChange,
  readOnly,
  aside,
}: {
  chosen: readonly string[];
  onChange: (ids: string[]) => void;
  readOnly: boolean;
  /** Stands beside a chosen mailbox. */
  aside?: (id: string) => ReactNode;
}) {
  const mailboxes = useMailboxes();
  if (mailboxes.isPending) return <SkeletonRows rows={3} />;
  if (mailboxes.isLoadingError)
    return <ErrorState error={mailboxes.error} onRetry={() => void mailboxes.refetch()} />;
  if (mailboxes.data.length === 0)
    return (
      <EmptyState
        title="No mailbox yet"
        className="py-8"
        action={
          <Button variant="primary" asChild>
            <Link href={paths.mailboxConnect}>Connect a mailbox</Link>
          </Button>
        }
      >
        Messages go out through your own mailboxes.
      </EmptyState>
    );
  return (
    <ul className="divide-y">
      {mailboxes.data.map((box) => {
        const on = chosen.includes(box.id);
        const state = mailboxState(box);
        return (
          <li key={box.id} className="flex flex-wrap items-center hover:bg-hover">
            <label className="flex min-w-0 flex-1 basis-72 items-center gap-3 px-4 py-2">
              <Checkbox
                checked={on}
                disabled={readOnly}
                onCheckedChange={(checked) =>
                  onChange(checked ? [...chosen, box.id] : chosen.filter((id) => id !== box.id))
                }
              />
              <span className="min-w-0 flex-1">
                <span className="block truncate">{box.email_address}</span>
                <span className="block text-xs text-ink-3">
                  {count(box.sent_today)} of {count(box.effective_limit_today)} today
                </span>
              </span>
              <StatusWord status={state.status} word={state.word} className="text-xs" />
            </label>
            {on && aside?.(box.id)}
          </li>
        );
      })}
    </ul>
  );
}
