'use client';
import type { RowSelectionState } from '@tanstack/react-table';
import { useMemo, type ReactNode } from 'react';

import type { DataColumn } from '@/components/ui/data-table';
import { NameCell } from '@/components/ui/name-cell';
import { PagedTable } from '@/components/ui/paged-table';
import { ProgressCell } from '@/components/ui/progress';
import { StatusWord } from '@/components/ui/status';
import type { Pages } from '@/hooks/use-pages';
import { count, plural, rate, when } from '@/lib/format';
import { paths } from '@/lib/paths';

import type { Campaign } from '../api/list-campaigns';
import { progressSegments, settled } from '../model';
import { CampaignMenu } from './campaign-menu';

export interface CampaignTableProps {
  pages: Pages<Campaign>;
  empty: ReactNode;
  canWrite: boolean;
  selected: RowSelectionState;
  onSelect: (selected: RowSelectionState) => void;
}

export function CampaignTable({ canWrite, selected, onSelect, ...props }: CampaignTableProps) {
  const columns = useMemo<DataColumn<Campaign>[]>(
    () => [
      {
        id: 'name',
        header: 'Campaign',
        width: 'minmax(10rem,1.8fr)',
        cell: (one) => (
          <NameCell
            name={one.name}
            note={`${plural(one.steps, 'step')} · ${plural(one.email_account_ids.length, 'mailbox', 'mailboxes')}`}
            narrow={`${count(one.figures.sent)} sent · ${count(one.figures.replied)} replied`}
          />
        ),
      },
      {
        id: 'status',
        header: 'Status',
        width: '7.5rem',
        cell: (one) => <StatusWord status={one.status} />,
      },
      {
        id: 'progress',
        header: 'People',
        width: 'minmax(9rem,1.6fr)',
        from: 'md',
        cell: (one) => (
          <ProgressCell
            segments={progressSegments(one.progress)}
            done={settled(one.progress)}
            total={one.progress.total}
            label={one.name}
            className="w-20"
          />
        ),
      },
      {
        id: 'sent',
        header: 'Sent',
        width: '5rem',
        align: 'right',
        from: 'sm',
        cell: (one) => count(one.figures.sent),
      },
      {
        id: 'replied',
        header: 'Replied',
        width: '7.5rem',
        align: 'right',
        from: 'sm',
        cell: (one) => <Share part={one.figures.replied} of={one.figures.delivered} tone="text-replied" />,
      },
      {
        id: 'bounced',
        header: 'Bounced',
        width: '7.5rem',
        align: 'right',
        from: 'lg',
        cell: (one) => <Share part={one.figures.bounced} of={one.figures.attempted} tone="text-bounced" />,
      },
      {
        id: 'next',
        header: 'Next send',
        width: '7.5rem',
        align: 'right',
        from: 'lg',
        cell: (one) => (
          <span className={one.next_send_at ? '' : 'text-ink-3'}>
            {one.status === 'active' ? when(one.next_send_at) : '–'}
          </span>
        ),
      },
      {
        id: 'menu',
        header: <span className="sr-only">Actions</span>,
        width: '3.75rem',
        align: 'right',
        cell: (one) => (canWrite ? <CampaignMenu campaign={one} /> : null),
      },
    ],
    [canWrite],
  );
  return (
    <PagedTable
      {...props}
      label="Campaigns"
      columns={columns}
      rowId={(one) => one.id}
      rowHref={(one) => (one.status === 'draft' ? paths.campaignEdit(one.id) : paths.campaign(one.id))}
      {...(canWrite ? { selected, onSelect } : {})}
      rowHeight={52}
      walk
      className="min-h-0 shrink"
    />
  );
}

export function Share({ part, of, tone }: { part: number; of: number; tone?: string }) {
  return (
    <span>
      <span className={part > 0 ? tone : 'text-ink-3'}>{count(part)}</span>
      {of > 0 && part > 0 && (
        <span className="ml-1.5 inline-block w-11 text-xs text-ink-3">{rate(part, of)}</span>
      )}
    </span>
  );
}
