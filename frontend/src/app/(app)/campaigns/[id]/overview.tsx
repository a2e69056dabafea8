'use client';
import { Boundary } from '@/components/ui/boundary';
import { Panel } from '@/components/ui/card';
import { ErrorState, Skeleton } from '@/components/ui/states';
import { useCampaignFigures } from '@/features/analytics/api/get-campaign-figures';
import { ActivityFeed } from '@/features/analytics/components/activity-feed';
import { DaysChart } from '@/features/analytics/components/days-chart';
import { FiguresFunnel } from '@/features/analytics/components/figures-funnel';
import { FiguresRow } from '@/features/analytics/components/figures-row';
import { FiguresTable } from '@/features/analytics/components/figures-table';
import type { Campaign } from '@/features/campaigns/api/list-campaigns';
import { Explanation } from '@/features/campaigns/components/explanation';
import { ProgressPanel } from '@/features/campaigns/components/progress-panel';

export function CampaignOverview({ campaign }: { campaign: Campaign }) {
  const figures = useCampaignFigures(campaign.id);
  if (figures.isLoadingError)
    return <ErrorState error={figures.error} onRetry={() => void figures.refetch()} />;
  const data = figures.data;
  return (
    <div className="space-y-4">
      <Boundary className="rounded-lg border bg-panel">
        {() => <FiguresRow now={data?.totals ?? campaign.figures} />}
      </Boundary>
      <Panel>
        <ProgressPanel campaign={campaign.id} progress={campaign.progress} />
      </Panel>
      <div className="grid gap-4 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
        <div className="min-w-0 space-y-4">
          <Panel title="Day by day">
            {data ? (
              <DaysChart days={data.days} caption={`${campaign.name}, day by day`} />
            ) : (
              <Skeleton className="h-64" />
            )}
          </Panel>
          <Panel title="Steps and variants" bodyClassName="p-0">
            {() => (
              <FiguresTable
                label="Steps and variants"
                first="Step"
                empty="No step has sent yet."
                rows={(data?.steps ?? []).map((step) => ({
                  id: `${step.sequence_id ?? step.step}${step.variant}`,
                  name: `${step.step}${step.variant && step.variant !== 'A' ? ` ${step.variant}` : ''}`,
                  note: step.subject || 'in the same thread',
                  figures: step,
                }))}
              />
            )}
          </Panel>
          <Panel title="Mailboxes" bodyClassName="p-0">
            {() => (
              <FiguresTable
                label="Mailboxes"
                first="Mailbox"
                empty="No mailbox has sent yet."
                rows={(data?.mailboxes ?? []).map((box) => ({
                  id: box.email_account_id ?? box.email_address,
                  name: box.email_address,
                  figures: box,
                }))}
              />
            )}
          </Panel>
        </div>
        <div className="min-w-0 space-y-4">
          <Panel title="From sent to replied">
            <FiguresFunnel
              figures={data?.totals ?? campaign.figures}
              tracksOpens={campaign.settings.track_opens}
              tracksClicks={campaign.settings.track_clicks}
            />
          </Panel>
          {campaign.status === 'active' && (
            <Panel title="Waiting, and why">
              <Explanation campaign={campaign.id} blockedBy={campaign.progress.blocked_by ?? {}} />
            </Panel>
          )}
          <Panel title="Activity" bodyClassName="p-0">
            <ActivityFeed campaign={campaign.id} limit={8} />
          </Panel>
        </div>
      </div>
    </div>
  );
}
