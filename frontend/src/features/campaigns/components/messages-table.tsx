'use client';
import { useMemo } from 'react';

import { Choice } from '@/components/ui/choice';
import type { DataColumn } from '@/components/ui/data-table';
import { PagedTable } from '@/components/ui/paged-table';
import { EmptyState, Notice } from '@/components/ui/states';
import { StatusWord } from '@/components/ui/status';
import { useUrlChoice } from '@/hooks/use-url-choice';
import { fullTime, when } from '@/lib/format';
import { paths } from '@/lib/paths';

import { useSends, type Send } from '../api/page-sends';
import { ManualResolution } from './manual-resolution';
import { UnknownDecision } from './unknown-decision';

const COLUMNS: DataColumn<Send>[] = [
  {
    id: 'to',
    header: 'To',
    width: 'minmax(11rem,1.4fr)',
    cell: (one) => <span className="font-medium">{one.to_email}</span>,
  },
  {
    id: 'step',
    header: 'Step',
    width: '4.5rem',
    cell: (one) => `${one.step}${one.variant === 'A' ? '' : one.variant}`,
  },
  {
    id: 'subject',
    header: 'Subject',
    width: 'minmax(10rem,1.8fr)',
    from: 'md',
    cell: (one) => <span className="text-ink-2">{one.subject || '(in thread)'}</span>,
  },
  {
    id: 'status',
    header: 'State',
    width: '8.5rem',
    cell: (one) => (
      <StatusWord
        status={
          one.bounced_at
            ? 'bounced'
            : one.replied_at
              ? 'replied'
              : one.clicked_at
                ? 'clicked'
                : one.opened_at
                  ? 'opened'
                  : one.status
        }
        word={one.status === 'unknown' && !one.replied_at && !one.bounced_at ? 'Not confirmed' : undefined}
      />
    ),
  },
  {
    id: 'reason',
    header: 'Reason',
    width: 'minmax(8rem,1fr)',
    from: 'xl',
    cell: (one) => (
      <span className="text-xs text-ink-2" title={one.reason ?? ''}>
        {/* What was taken needs no code; it says something only of what was not. */}
        {[one.status !== 'sent' && one.reply_code, one.reason].filter(Boolean).join(' ') || '–'}
      </span>
    ),
  },
  {
    id: 'planned',
    header: 'Planned',
    width: '7.5rem',
    align: 'right',
    from: 'lg',
    cell: (one) => <span title={fullTime(one.planned_at)}>{when(one.planned_at)}</span>,
  },
  {
    id: 'sent',
    header: 'Sent',
    width: '7.5rem',
    align: 'right',
    from: 'sm',
    cell: (one) => <span title={fullTime(one.sent_at)}>{when(one.sent_at)}</span>,
  },
];

const STATES = [
  { value: 'sent', label: 'Sent' },
  { value: 'refused', label: 'Refused' },
  { value: 'deferred', label: 'Put off by the server' },
  { value: 'unknown', label: 'Not confirmed' },
  { value: 'quarantined', label: 'Set aside' },
  { value: 'cancelled', label: 'Cancelled' },
] as const;

/** The ledger of this campaign: every message, planned against done. */
export function MessagesTable({ campaign, canWrite }: { campaign: string; canWrite: boolean }) {
  const [state, setState] = useUrlChoice('state', STATES);
  const sends = useSends(campaign, state ? { status: state } : {});
  const { rows } = sends;
  const columns = useMemo(
    () => (canWrite && rows.some((one) => one.status === 'unknown') ? withDecision(campaign) : COLUMNS),
    [campaign, canWrite, rows],
  );
  return (
    <>
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <Choice
          label="State"
          any="All messages"
          value={state}
          onValueChange={setState}
          options={STATES}
          className="w-52"
        />
      </div>
      {state === 'unknown' && rows.length > 0 && (
        <Notice tone="held" className="mb-3" title="Nobody can say whether these were delivered">
          <p>
            The connection broke at the moment of sending. They are looked for in the mailbox and are never
            sent again without a proof that they never left, so that nobody gets a message twice. If you know
            what became of them, say so.
          </p>
          {canWrite && (
            <div className="mt-2">
              <ManualResolution campaign={campaign} />
            </div>
          )}
        </Notice>
      )}
      <PagedTable
        label="Messages"
        columns={columns}
        pages={sends}
        rowId={(one) => one.id}
        rowHref={(one) => (one.lead_id ? paths.lead(one.lead_id) : '#')}
        rowHeight={40}
        walk
        empty={
          state ? (
            <EmptyState title="No message in this state">Choose another state.</EmptyState>
          ) : (
            <EmptyState title="No message yet">The first ones appear here when they are due.</EmptyState>
          )
        }
      />
    </>
  );
}

/** Where there is something to decide, a last column to do it in; else it would be empty. */
function withDecision(campaign: string): DataColumn<Send>[] {
  return [
    ...COLUMNS,
    {
      id: 'decide',
      header: 'Did it arrive?',
      width: 'minmax(6.5rem,14rem)',
      align: 'right',
      cell: (one) =>
        one.status === 'unknown' ? <UnknownDecision campaign={campaign} message={one} /> : null,
    },
  ];
}
