'use client';
import type { RowSelectionState } from '@tanstack/react-table';
import { Plus, Send } from 'lucide-react';
import { useState } from 'react';

import { Page } from '@/components/layout/page';
import { Button } from '@/components/ui/button';
import { Choice } from '@/components/ui/choice';
import { SearchField } from '@/components/ui/search-field';
import { EmptyState } from '@/components/ui/states';
import { useCampaigns, type CampaignStatus } from '@/features/campaigns/api/list-campaigns';
import { CampaignBulkBar } from '@/features/campaigns/components/bulk-bar';
import { CampaignTable } from '@/features/campaigns/components/campaign-table';
import { NewCampaignDialog } from '@/features/campaigns/components/new-campaign-dialog';
import { useMailboxes } from '@/features/email_accounts/api/list-mailboxes';
import { useMe } from '@/features/identity/api/get-me';
import { useUrlChoice } from '@/hooks/use-url-choice';
import { useUrlState } from '@/hooks/use-url-state';
import { can } from '@/lib/can';
import { plural } from '@/lib/format';

const STATUSES: { value: CampaignStatus; label: string }[] = [
  { value: 'active', label: 'Active' },
  { value: 'draft', label: 'Drafts' },
  { value: 'paused', label: 'Paused' },
  { value: 'completed', label: 'Completed' },
  { value: 'archived', label: 'Archived' },
];

export function CampaignsView() {
  const { data: me } = useMe();
  const [status, setStatus] = useUrlChoice('status', STATUSES);
  const [q, setQ] = useUrlState('q');
  const [creating, setCreating] = useUrlState('new');
  const [selected, setSelected] = useState<RowSelectionState>({});
  const search = q.trim();
  const list = useCampaigns({
    ...(search ? { q: search } : {}),
    ...(status ? { status } : {}),
  });
  const mailboxes = useMailboxes();
  const chosen = list.rows.filter((one) => selected[one.id]);
  const writes = can(me, 'campaigns:write');
  const fresh = !search && !status;
  const newButton = writes && (
    <Button variant="primary" onClick={() => setCreating('1')}>
      <Plus aria-hidden /> New campaign
    </Button>
  );
  return (
    <Page title="Campaigns" actions={newButton} fill>
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <SearchField
          label="Search campaigns"
          placeholder="Search"
          value={q}
          onValueChange={setQ}
          className="w-full sm:w-60"
        />
        <Choice
          label="Status"
          any="All but archived"
          value={status}
          onValueChange={setStatus}
          options={STATUSES}
          className="w-40"
        />
        <span className="flex-1" />
        {chosen.length > 0 ? (
          <CampaignBulkBar chosen={chosen} onClear={() => setSelected({})} />
        ) : (
          typeof list.total === 'number' && (
            <span className="text-xs text-ink-3">{plural(list.total, 'campaign')}</span>
          )
        )}
      </div>
      <CampaignTable
        pages={list}
        canWrite={writes}
        selected={selected}
        onSelect={setSelected}
        empty={
          fresh ? (
            <EmptyState icon={Send} title="No campaign yet" action={newButton}>
              A campaign is words, people, mailboxes and hours. Make a draft; nothing is sent before you start
              it.
            </EmptyState>
          ) : (
            <EmptyState title="No campaign like that">Change the search or the status.</EmptyState>
          )
        }
      />
      <NewCampaignDialog
        open={creating === '1'}
        onOpenChange={(open) => setCreating(open ? '1' : '')}
        mailboxIds={(mailboxes.data ?? [])
          .filter((box) => box.is_active && box.status === 'connected')
          .map((box) => box.id)}
        zone={me?.organization.timezone ?? 'UTC'}
      />
    </Page>
  );
}
