'use client';
import type { RowSelectionState } from '@tanstack/react-table';
import { useState } from 'react';

import { Button } from '@/components/ui/button';
import type { DataColumn } from '@/components/ui/data-table';
import { SearchField } from '@/components/ui/search-field';
import { NameCell } from '@/components/ui/name-cell';
import { PagedTable } from '@/components/ui/paged-table';
import { EmptyState } from '@/components/ui/states';
import { fullName, plural } from '@/lib/format';

import { useLeads, type Lead } from '../api/list-leads';
import { LeadVerdict } from './lead-verdict';

const columns: DataColumn<Lead>[] = [
  {
    id: 'who',
    header: 'Person',
    width: 'minmax(10rem,1fr)',
    cell: (lead) => (
      <NameCell
        name={fullName(lead) || lead.email}
        note={[lead.email, lead.company].filter(Boolean).join(' · ')}
      />
    ),
  },
  {
    id: 'verdict',
    header: 'Address',
    width: '9rem',
    cell: (lead) => <LeadVerdict lead={lead} />,
  },
];

/** Chooses people for something; what is done with them is the caller's. */
export function LeadPicker({
  busy,
  onPick,
  onAll,
}: {
  busy: boolean;
  onPick: (ids: string[]) => void;
  onAll: () => void;
}) {
  const [q, setQ] = useState('');
  const [selected, setSelected] = useState<RowSelectionState>({});
  const search = q.trim();
  const leads = useLeads(search ? { q: search } : {});
  const ids = Object.keys(selected).filter((id) => selected[id]);
  return (
    <div className="flex h-full min-h-0 flex-col gap-3">
      <SearchField label="Search leads" placeholder="Name, address, company" value={q} onValueChange={setQ} />
      <PagedTable
        label="Leads"
        columns={columns}
        pages={leads}
        rowId={(lead) => lead.id}
        selected={selected}
        onSelect={setSelected}
        rowHeight={48}
        className="min-h-0 flex-1"
        empty={<EmptyState title="No lead like that">Import a file first, or change the search.</EmptyState>}
      />
      <div className="flex flex-wrap justify-end gap-2">
        <Button loading={busy} onClick={onAll}>
          Add everybody
        </Button>
        <Button variant="primary" loading={busy} disabled={ids.length === 0} onClick={() => onPick(ids)}>
          Add {ids.length > 0 ? plural(ids.length, 'person', 'people') : 'selected'}
        </Button>
      </div>
    </div>
  );
}
