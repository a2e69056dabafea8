'use client';
import type { RowSelectionState } from '@tanstack/react-table';
import { Plus, Upload, Users } from 'lucide-react';
import Link from 'next/link';
import { useMemo, useState } from 'react';

import { Page } from '@/components/layout/page';
import { Button } from '@/components/ui/button';
import { Choice } from '@/components/ui/choice';
import { SearchField } from '@/components/ui/search-field';
import { EmptyState } from '@/components/ui/states';
import { useCampaigns } from '@/features/campaigns/api/list-campaigns';
import { useMe } from '@/features/identity/api/get-me';
import { useLeads } from '@/features/leads/api/list-leads';
import { AddLeadDialog } from '@/features/leads/components/add-lead-dialog';
import { LeadBulkBar } from '@/features/leads/components/bulk-bar';
import { ColumnMenu } from '@/features/leads/components/column-menu';
import { LeadsTable } from '@/features/leads/components/leads-table';
import { VERDICTS } from '@/features/leads/model';
import { useStored } from '@/hooks/use-stored';
import { useUrlChoice } from '@/hooks/use-url-choice';
import { useUrlState } from '@/hooks/use-url-state';
import { can } from '@/lib/can';
import { plural } from '@/lib/format';
import { paths } from '@/lib/paths';

const parts = (text: string): string[] => text.split(',').filter(Boolean);

export function LeadsView() {
  const { data: me } = useMe();
  const [q, setQ] = useUrlState('q');
  const [verdict, setVerdict] = useUrlChoice('address', VERDICTS);
  const [campaign, setCampaign] = useUrlState('campaign');
  const [importId, setImportId] = useUrlState('import');
  const [hidden, setHidden] = useStored('leads.hidden', '');
  const [custom, setCustom] = useStored('leads.custom', '');
  const [selected, setSelected] = useState<RowSelectionState>({});
  const [adding, setAdding] = useState(false);
  const search = q.trim();
  const leads = useLeads({
    ...(search ? { q: search } : {}),
    ...(verdict ? { verification: verdict } : {}),
    ...(campaign ? { campaign_id: campaign } : {}),
    ...(importId ? { import_id: importId } : {}),
  });
  const campaigns = useCampaigns({}, { limit: 100 });
  const fields = useMemo(
    () => [...new Set(leads.rows.slice(0, 200).flatMap((lead) => Object.keys(lead.custom_fields)))].sort(),
    [leads.rows],
  );
  const shownCustom = useMemo(() => parts(custom), [custom]);
  const ids = Object.keys(selected).filter((id) => selected[id]);
  const imports = can(me, 'leads:import');
  const writes = can(me, 'leads:write');
  const filtered = Boolean(search || verdict || campaign || importId);
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
        <SearchField
          label="Search leads"
          placeholder="Name, address, company"
          value={q}
          onValueChange={setQ}
          className="w-full sm:w-64"
        />
        <Choice
          label="Address"
          any="Any address"
          value={verdict}
          onValueChange={setVerdict}
          options={VERDICTS}
          className="w-40"
        />
        <Choice
          label="Campaign"
          any="Any campaign"
          value={campaign}
          onValueChange={setCampaign}
          options={campaigns.rows.map((one) => ({ value: one.id, label: one.name }))}
          className="w-44"
        />
        {importId && (
          <Button size="sm" variant="ghost" onClick={() => setImportId('')}>
            From one import · show all
          </Button>
        )}
        <span className="flex-1" />
        {ids.length > 0 ? (
          <LeadBulkBar
            ids={ids}
            campaigns={campaigns.rows.filter((one) => one.status !== 'archived')}
            onClear={() => setSelected({})}
          />
        ) : (
          <>
            {typeof leads.total === 'number' && (
              <span className="text-xs text-ink-3">{plural(leads.total, 'lead')}</span>
            )}
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
      <LeadsTable
        pages={leads}
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
      <AddLeadDialog open={adding} onOpenChange={setAdding} />
    </Page>
  );
}
