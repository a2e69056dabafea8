'use client';
import { useMemo } from 'react';

import { DataTable, type DataColumn } from '@/components/ui/data-table';
import { EmptyState, ErrorState } from '@/components/ui/states';
import { StatusWord } from '@/components/ui/status';
import { fullTime, when } from '@/lib/format';
import { paths } from '@/lib/paths';

import { useSends, type Send } from '../api/page-sends';

const columns: DataColumn<Send>[] = [
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
        {[one.reply_code, one.reason].filter(Boolean).join(' ') || '–'}
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

/** The ledger of this campaign: every message, planned against done. */
export function MessagesTable({ campaign }: { campaign: string }) {
  const sends = useSends(campaign);
  const rows = useMemo(() => sends.data?.pages.flatMap((page) => page.items) ?? [], [sends.data]);
  if (sends.isError) return <ErrorState error={sends.error} onRetry={() => void sends.refetch()} />;
  return (
    <DataTable
      label="Messages"
      columns={columns}
      rows={rows}
      rowId={(one) => one.id}
      rowHref={(one) => (one.lead_id ? paths.lead(one.lead_id) : '#')}
      loading={sends.isPending}
      hasMore={sends.hasNextPage}
      onEnd={() => !sends.isFetchingNextPage && void sends.fetchNextPage()}
      rowHeight={40}
      walk
      empty={<EmptyState title="No message yet">The first ones appear here when they are due.</EmptyState>}
    />
  );
}
