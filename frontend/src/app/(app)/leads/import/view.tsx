'use client';
import { Page } from '@/components/layout/page';
import { Boundary } from '@/components/ui/boundary';
import { EmptyState } from '@/components/ui/states';
import { useCampaigns } from '@/features/campaigns/api/list-campaigns';
import { useMe } from '@/features/identity/api/get-me';
import { ImportResult } from '@/features/leads/components/import-result';
import { ImportWizard } from '@/features/leads/components/import-wizard';
import { RecentImports } from '@/features/leads/components/recent-imports';
import { useUrlState } from '@/hooks/use-url-state';
import { can } from '@/lib/can';
import { paths, withQuery } from '@/lib/paths';

export function ImportView() {
  const { data: me } = useMe();
  const [id, setId] = useUrlState('id');
  const [campaign, setCampaign] = useUrlState('campaign');
  const campaigns = useCampaigns({}, { limit: 100 });
  const allowed = can(me, 'leads:import');
  return (
    <Page title="Import" crumbs={[{ label: 'Leads', href: paths.leads }]}>
      <div className="mx-auto max-w-5xl space-y-4">
        {id ? (
          <ImportResult key={id} id={id} canUndo={allowed} />
        ) : allowed ? (
          <>
            <ImportWizard
              campaign={campaign}
              onCampaign={setCampaign}
              campaigns={campaigns.rows.filter((one) => one.status !== 'archived')}
              onStarted={(started) => {
                setCampaign('');
                setId(started);
              }}
            />
            <Boundary fallback={null}>
              <RecentImports hrefOf={(one) => withQuery(paths.leadsImport(), { id: one })} />
            </Boundary>
          </>
        ) : (
          <EmptyState title="Your role does not import">
            Ask an administrator of your organization for it.
          </EmptyState>
        )}
      </div>
    </Page>
  );
}
