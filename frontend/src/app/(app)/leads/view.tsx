'use client';
import type { RowSelectionState } from '@tanstack/react-table';
import { Plus, Upload, Users } from 'lucide-react';
import Link from 'next/link';
import { useMemo, useState } from 'react';

import { Page } from '@/components/layout/page';
import { Button } from '@/components/ui/button';
import { SearchInput, Select } from '@/components/ui/input';
import { EmptyState, ErrorState } from '@/components/ui/states';
import { useCampaigns } from '@/features/campaigns/api/list-campaigns';
import { useMe } from '@/features/identity/api/get-me';
import { useLeads } from '@/features/leads/api/list-leads';
import { AddLeadDialog } from '@/features/leads/components/add-lead-dialog';
import { LeadBulkBar } from '@/features/leads/components/bulk-bar';
import { ColumnMenu } from '@/features/leads/components/column-menu';
import { LeadsTable } from '@/features/leads/components/leads-table';
import { VERDICTS } from '@/features/leads/model';
import { useDebounced } from '@/hooks/use-debounced';
import { useStored } from '@/hooks/use-stored';
import { useUrlState } from '@/hooks/use-url-state';
import { can } from '@/lib/can';
import { plural } from '@/lib/format';
import { paths } from '@/lib/paths';

const parts = (text: string): string[] => text.split(',').filter(Boolean);

export function LeadsView() {
  const { data: me } = useMe();
  const [q, setQ] = useUrlState('q');
  const [verdict, setVerdict] = useUrlState('address');
  const [campaign, setCampaign] = useUrlState('campaign');
  const [importId, setImportId] = useUrlState('import');
  const [hidden, setHidden] = useStored('leads.hidden', '');
  const [custom, setCustom] = useStored('leads.custom', '');
  const [selected, setSelected] = useState<RowSelectionState>({});
  const [adding, setAdding] = useState(false);
  const search = useDebounced(q.trim());
  const known = VERDICTS.find((one) => one.value === verdict)?.value;
  const leads = useLeads({
    ...(search ? { q: search } : {}),
    ...(known ? { verification: known } : {}),
    ...(campaign ? { campaign_id: campaign } : {}),
    ...(importId ? { import_id: importId } : {}),
  });
  const campaigns = useCampaigns({}, { limit: 100 });
  const choices = campaigns.data?.pages.flatMap((page) => page.items) ?? [];
  const rows = useMemo(() => leads.data?.pages.flatMap((page) => page.items) ?? [], [leads.data]);
  const fields = useMemo(
    () => [...new Set(rows.slice(0, 200).flatMap((lead) => Object.keys(lead.custom_fields)))].sort(),
    [rows],
  );
  const shownCustom = useMemo(() => parts(custom), [custom]);
  const ids = Object.keys(selected).filter((id) => selected[id]);
  const total = leads.data?.pages[0]?.total;
  const imports = can(me, 'leads:import');
  const writes = can(me, 'leads:write');
  const filtered = Boolean(search || known || campaign || importId);
  const importButton = imports && (
    <Button variant="primary" asChild>
      <Link href={paths.leadsImport()}>
        <Upload aria-hidden /> Import
      </Link>
    </Button>
  );
  return (
    <Page
      title="Leads"
      fill
      actions={
        <>
          {writes && (
            <Button onClick={() => setAdding(true)} className="max-sm:hidden">
              <Plus aria-hidden /> Add
            </Button>
          )}
          {importButton}
        </>
      }
    >
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <SearchInput
          label="Search leads"
          placeholder="Name, address, company"
          value={q}
          onValueChange={setQ}
          className="w-full sm:w-64"
        />
        <Select
          aria-label="Address"
          value={verdict}
          onChange={(event) => setVerdict(event.target.value)}
          className="w-40"
        >
          <option value="">Any address</option>
          {VERDICTS.map((one) => (
            <option key={one.value} value={one.value}>
              {one.label}
            </option>
          ))}
        </Select>
        <Select
          aria-label="Campaign"
          value={campaign}
          onChange={(event) => setCampaign(event.target.value)}
          className="w-44"
        >
          <option value="">Any campaign</option>
          {choices.map((one) => (
            <option key={one.id} value={one.id}>
              {one.name}
            </option>
          ))}
        </Select>
        {importId && (
          <Button size="sm" variant="ghost" onClick={() => setImportId('')}>
            From one import · show all
          </Button>
        )}
        <span className="flex-1" />
        {ids.length > 0 ? (
          <LeadBulkBar
            ids={ids}
            campaigns={choices.filter((one) => one.status !== 'archived')}
            onClear={() => setSelected({})}
          />
        ) : (
          <>
            {typeof total === 'number' && <span className="text-xs text-ink-3">{plural(total, 'lead')}</span>}
            <span className="max-sm:hidden">
              <ColumnMenu
                hidden={parts(hidden)}
                onHidden={(next) => setHidden(next.join(','))}
                customFields={fields}
                shownCustom={shownCustom}
                onShownCustom={(next) => setCustom(next.join(','))}
              />
            </span>
          </>
        )}
      </div>
      {leads.isError ? (
        <ErrorState error={leads.error} onRetry={() => void leads.refetch()} />
      ) : (
        <LeadsTable
          rows={rows}
          loading={leads.isPending}
          hasMore={leads.hasNextPage}
          onEnd={() => !leads.isFetchingNextPage && void leads.fetchNextPage()}
          hidden={parts(hidden)}
          customFields={shownCustom}
          selected={selected}
          onSelect={setSelected}
          empty={
            filtered ? (
              <EmptyState title="No lead like that">Change the search or the filters.</EmptyState>
            ) : (
              <EmptyState icon={Users} title="No lead yet" action={importButton}>
                Bring a CSV file as it is. You see how it was understood before anything is kept.
              </EmptyState>
            )
          }
        />
      )}
      <AddLeadDialog open={adding} onOpenChange={setAdding} />
    </Page>
  );
}
