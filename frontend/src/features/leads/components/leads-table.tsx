'use client';
import type { RowSelectionState } from '@tanstack/react-table';
import { useMemo, type ReactNode } from 'react';

import type { DataColumn } from '@/components/ui/data-table';
import { NameCell } from '@/components/ui/name-cell';
import { PagedTable } from '@/components/ui/paged-table';
import type { Pages } from '@/hooks/use-pages';
import { count, day, fullName, fullTime } from '@/lib/format';
import { paths } from '@/lib/paths';

import type { Lead } from '../api/list-leads';
import { LeadVerdict } from './lead-verdict';

export const LEAD_COLUMNS = [
  { id: 'company', label: 'Company' },
  { id: 'position', label: 'Position' },
  { id: 'verdict', label: 'Address' },
  { id: 'country', label: 'Country' },
  { id: 'campaigns', label: 'Campaigns' },
  { id: 'source', label: 'Source' },
  { id: 'created', label: 'Added' },
] as const;

const fixed: DataColumn<Lead>[] = [
  {
    id: 'who',
    header: 'Person',
    width: 'minmax(12rem,1.8fr)',
    cell: (lead) => <NameCell name={fullName(lead) || lead.email} note={fullName(lead) && lead.email} />,
  },
  {
    id: 'company',
    header: 'Company',
    width: 'minmax(7rem,1.1fr)',
    from: 'sm',
    cell: (lead) => lead.company || <Blank />,
  },
  {
    id: 'position',
    header: 'Position',
    width: 'minmax(7rem,1fr)',
    from: 'lg',
    cell: (lead) => lead.position || <Blank />,
  },
  {
    id: 'verdict',
    header: 'Address',
    width: '9.5rem',
    cell: (lead) => <LeadVerdict lead={lead} />,
  },
  { id: 'country', header: 'Country', width: '6rem', from: 'xl', cell: (lead) => lead.country || <Blank /> },
  {
    id: 'campaigns',
    header: 'Campaigns',
    width: '6.5rem',
    align: 'right',
    from: 'md',
    cell: (lead) => count(lead.campaigns),
  },
  {
    id: 'source',
    header: 'Source',
    width: 'minmax(6rem,0.8fr)',
    from: 'xl',
    cell: (lead) => <span className="text-ink-2">{lead.source || '–'}</span>,
  },
  {
    id: 'created',
    header: 'Added',
    width: '6rem',
    align: 'right',
    from: 'lg',
    cell: (lead) => <span title={fullTime(lead.created_at)}>{day(lead.created_at)}</span>,
  },
];

function Blank() {
  return <span className="text-ink-3">–</span>;
}

export interface LeadsTableProps {
  pages: Pages<Lead>;
  empty: ReactNode;
  hidden: readonly string[];
  /** Fields of one's own that are shown as columns. */
  customFields: readonly string[];
  selected: RowSelectionState;
  onSelect: (selected: RowSelectionState) => void;
}

export function LeadsTable({ customFields, ...props }: LeadsTableProps) {
  const columns = useMemo<DataColumn<Lead>[]>(
    () => [
      ...fixed,
      ...customFields.map((name) => ({
        id: `custom:${name}`,
        header: name,
        width: 'minmax(6rem,0.8fr)',
        from: 'md' as const,
        cell: (lead: Lead) => lead.custom_fields[name] ?? <Blank />,
      })),
    ],
    [customFields],
  );
  return (
    <PagedTable
      {...props}
      label="Leads"
      columns={columns}
      rowId={(lead) => lead.id}
      rowHref={(lead) => paths.lead(lead.id)}
      rowHeight={48}
      walk
      className="min-h-0 shrink"
    />
  );
}
