'use client';
import { useMemo, type ReactNode } from 'react';

import { Switch } from '@/components/ui/checkbox';
import { DataTable, type DataColumn } from '@/components/ui/data-table';
import { NameCell } from '@/components/ui/name-cell';
import { ProgressCell } from '@/components/ui/progress';
import { StatusWord } from '@/components/ui/status';
import { toast, toastError } from '@/components/ui/toast';
import { Tooltip } from '@/components/ui/tooltip';
import { useNow } from '@/hooks/use-now';
import { ago, count, fullTime, when } from '@/lib/format';

import { useToggleMailbox } from '../api/change-mailbox';
import type { Mailbox } from '../api/list-mailboxes';
import { mailboxState } from '../model';

/** Nothing reads what comes to it. */
const unread = (box: Mailbox): boolean => !box.imap && box.provider === 'smtp';

export function MailboxTable({
  rows,
  loading,
  canWrite,
  onOpen,
  empty,
}: {
  rows: readonly Mailbox[];
  loading: boolean;
  canWrite: boolean;
  onOpen: (box: Mailbox) => void;
  empty: ReactNode;
}) {
  const columns = useMemo<DataColumn<Mailbox>[]>(
    () => [
      {
        id: 'address',
        header: 'Mailbox',
        width: 'minmax(9rem,1.8fr)',
        cell: (box) => (
          <NameCell
            name={box.email_address}
            note={`${box.display_name || 'no sender name'}${unread(box) ? ' · replies are not seen' : ''}`}
          />
        ),
      },
      {
        id: 'status',
        header: 'Status',
        width: 'minmax(7rem,1fr)',
        cell: (box) => {
          const state = mailboxState(box);
          return (
            <Tooltip content={box.status_reason ?? box.sync_error}>
              <span className="relative z-10">
                <StatusWord status={state.status} word={state.word} />
              </span>
            </Tooltip>
          );
        },
      },
      {
        id: 'today',
        header: 'Today',
        width: 'minmax(9rem,1.1fr)',
        from: 'sm',
        cell: (box) => (
          <ProgressCell
            label="Today"
            segments={[{ label: 'sent', value: box.sent_today, tone: 'sending' }]}
            done={box.sent_today}
            total={box.effective_limit_today}
            className="w-20"
          />
        ),
      },
      {
        id: 'limit',
        header: 'Limit',
        width: '7rem',
        from: 'lg',
        cell: (box) => (
          <span className="block text-xs leading-tight text-ink-2">
            {count(box.daily_limit)} a day
            {box.ramp_enabled && box.effective_limit_today < box.daily_limit && (
              <span className="block text-held">ramping up</span>
            )}
          </span>
        ),
      },
      {
        id: 'read',
        header: 'Last read',
        width: '7rem',
        from: 'lg',
        cell: (box) => <LastRead box={box} />,
      },
      {
        id: 'next',
        header: 'Next send',
        width: '7rem',
        align: 'right',
        from: 'md',
        cell: (box) => <span title={fullTime(box.next_send_at)}>{when(box.next_send_at)}</span>,
      },
      {
        id: 'on',
        header: 'On',
        width: '4.5rem',
        align: 'right',
        cell: (box) => <OnOff box={box} disabled={!canWrite} />,
      },
    ],
    [canWrite],
  );
  return (
    <DataTable
      label="Mailboxes"
      columns={columns}
      rows={rows}
      rowId={(box) => box.id}
      onRowClick={onOpen}
      loading={loading}
      rowHeight={52}
      walk
      className="min-h-0 shrink"
      empty={empty}
    />
  );
}

function LastRead({ box }: { box: Mailbox }) {
  const now = useNow(30_000);
  if (unread(box)) return <span className="text-ink-3">–</span>;
  return (
    <span className={box.sync_error ? 'text-bounced' : 'text-ink-2'} title={fullTime(box.last_synced_at)}>
      {ago(box.last_synced_at, now)}
    </span>
  );
}

function OnOff({ box, disabled }: { box: Mailbox; disabled: boolean }) {
  const toggle = useToggleMailbox();
  return (
    <Switch
      className="relative z-10 align-middle"
      aria-label={`${box.email_address} sends`}
      checked={toggle.isPending ? toggle.variables.active : box.is_active}
      disabled={disabled || toggle.isPending}
      onCheckedChange={(active) =>
        toggle.mutate(
          { id: box.id, active },
          {
            onSuccess: () =>
              toast(active ? `${box.email_address} sends again` : `${box.email_address} is switched off`, {
                description: active
                  ? 'What waited is planned anew, not sent at once.'
                  : 'Nothing new starts from it.',
              }),
            onError: toastError,
          },
        )
      }
    />
  );
}
