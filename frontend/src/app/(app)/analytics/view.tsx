'use client';
import { Download } from 'lucide-react';
import Link from 'next/link';
import { useMemo } from 'react';

import { Page } from '@/components/layout/page';
import { Boundary } from '@/components/ui/boundary';
import { Button } from '@/components/ui/button';
import { Panel } from '@/components/ui/card';
import { Choice } from '@/components/ui/choice';
import { Menu, MenuItem, MenuLabel } from '@/components/ui/menu';
import { Segmented } from '@/components/ui/segmented';
import { EmptyState, ErrorState, Skeleton } from '@/components/ui/states';
import { toastError } from '@/components/ui/toast';
import { useCampaignFigures } from '@/features/analytics/api/get-campaign-figures';
import { useOverview, type Overview, type Span as Period } from '@/features/analytics/api/get-overview';
import { useMailboxFigures } from '@/features/analytics/api/list-mailbox-figures';
import { DaysChart } from '@/features/analytics/components/days-chart';
import { FiguresFunnel } from '@/features/analytics/components/figures-funnel';
import { FiguresRow } from '@/features/analytics/components/figures-row';
import { FiguresTable } from '@/features/analytics/components/figures-table';
import { useUrlState } from '@/hooks/use-url-state';
import { day } from '@/lib/format';
import { paths } from '@/lib/paths';
import { download } from '@/lib/upload';

const SPANS = [
  { value: '7', label: '7 days' },
  { value: '14', label: '14 days' },
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
] as const;
type Span = (typeof SPANS)[number]['value'];

/** The span that ends on the day the product lives in now, so that demonstrations in other years work too. */
function spanOf(days: number, until: string | undefined): { since?: string; until?: string } {
  if (!until) return {};
  const last = new Date(`${until}T00:00:00Z`);
  return {
    since: new Date(last.getTime() - (days - 1) * 86_400_000).toISOString().slice(0, 10),
    until,
  };
}

export function AnalyticsView() {
  const [raw, setSpan] = useUrlState('span', '14');
  const span: Span = SPANS.find((one) => one.value === raw)?.value ?? '14';
  const usual = useOverview();
  const chosen = useMemo(() => spanOf(Number(span), usual.data?.until), [span, usual.data?.until]);
  const overview = useOverview(span === '14' ? {} : chosen);
  const data = overview.data;
  return (
    <Page
      title="Analytics"
      actions={
        <Segmented<Span>
          label="Span"
          value={span}
          onValueChange={setSpan}
          options={SPANS}
          className="max-sm:hidden"
        />
      }
    >
      {overview.isLoadingError ? (
        <ErrorState error={overview.error} onRetry={() => void overview.refetch()} />
      ) : !data ? (
        <div className="space-y-4">
          <Skeleton className="h-28" />
          <Skeleton className="h-80" />
        </div>
      ) : (
        <div className="space-y-4">
          <Segmented<Span>
            label="Span"
            value={span}
            onValueChange={setSpan}
            options={SPANS}
            className="w-full sm:hidden"
          />
          <p className="text-xs text-ink-3">
            {day(data.since)} to {day(data.until)}, against the {data.days.length || span} days before
          </p>
          <Boundary className="rounded-lg border bg-panel">
            {() => <FiguresRow now={data.totals} before={data.previous} />}
          </Boundary>
          <div className="grid gap-4 lg:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
            <Panel title="Day by day">
              {() => <DaysChart days={data.days} caption="Messages by day" height={260} />}
            </Panel>
            <Panel title="From sent to replied">
              <FiguresFunnel figures={data.totals} tracksOpens={false} tracksClicks={false} />
            </Panel>
          </div>
          <Boundary className="rounded-lg border bg-panel">
            <ByCampaign data={data} />
          </Boundary>
          <Boundary className="rounded-lg border bg-panel">
            <ByStep data={data} span={{ since: data.since, until: data.until }} />
          </Boundary>
          <ByMailbox span={{ since: data.since, until: data.until }} />
        </div>
      )}
    </Page>
  );
}

function ByCampaign({ data }: { data: Overview }) {
  return (
    <Panel
      title="By campaign"
      bodyClassName="p-0"
      action={
        data.campaigns.length > 0 && (
          <Menu
            trigger={
              <Button variant="ghost" size="sm">
                <Download aria-hidden /> Export
              </Button>
            }
          >
            <MenuLabel>The ledger of</MenuLabel>
            {data.campaigns.map((one) => (
              <MenuItem
                key={one.campaign_id}
                onSelect={() =>
                  void download(
                    `/api/analytics/exports/${one.campaign_id}?format=csv`,
                    `${one.name}.csv`,
                  ).catch(toastError)
                }
              >
                {one.name}
              </MenuItem>
            ))}
          </Menu>
        )
      }
    >
      <FiguresTable
        label="By campaign"
        first="Campaign"
        empty="No campaign has sent in this period."
        rows={data.campaigns.map((one) => ({
          id: one.campaign_id,
          name: (
            <Link href={paths.campaign(one.campaign_id)} prefetch={false} className="hover:underline">
              {one.name}
            </Link>
          ),
          figures: one.totals,
        }))}
      />
    </Panel>
  );
}

function ByStep({ data, span }: { data: Overview; span: Period }) {
  const [wanted, setWanted] = useUrlState('campaign');
  const campaign = data.campaigns.find((one) => one.campaign_id === wanted) ?? data.campaigns[0];
  if (!campaign) return null;
  return (
    <Panel
      title="By step and variant"
      bodyClassName="p-0"
      action={
        <Choice
          label="Campaign"
          value={campaign.campaign_id}
          onValueChange={setWanted}
          options={data.campaigns.map((one) => ({ value: one.campaign_id, label: one.name }))}
          className="w-56"
        />
      }
    >
      <StepTable key={campaign.campaign_id} campaign={campaign.campaign_id} span={span} />
    </Panel>
  );
}

function StepTable({ campaign, span }: { campaign: string; span: Period }) {
  const figures = useCampaignFigures(campaign, span);
  if (figures.isLoadingError)
    return <ErrorState error={figures.error} onRetry={() => void figures.refetch()} />;
  if (!figures.data) return <Skeleton className="m-4 h-32" />;
  return (
    <FiguresTable
      label="By step and variant"
      first="Step"
      empty="No step has sent in this period."
      rows={figures.data.steps.map((step) => ({
        id: `${step.sequence_id ?? step.step}${step.variant}`,
        name: `${step.step}${step.variant && step.variant !== 'A' ? ` ${step.variant}` : ''}`,
        note: step.subject || 'in the same thread',
        figures: step,
      }))}
    />
  );
}

function ByMailbox({ span }: { span: Period }) {
  return (
    <Panel title="By mailbox" bodyClassName="p-0">
      <MailboxFigures span={span} />
    </Panel>
  );
}

function MailboxFigures({ span }: { span: Period }) {
  const figures = useMailboxFigures(span);
  if (figures.isLoadingError)
    return <ErrorState error={figures.error} onRetry={() => void figures.refetch()} />;
  if (figures.isPending) return <Skeleton className="m-4 h-32" />;
  if (figures.data.length === 0)
    return <EmptyState title="No mailbox has sent in this period" className="py-8" />;
  return (
    <FiguresTable
      label="By mailbox"
      first="Mailbox"
      empty=""
      rows={figures.data.map((box) => ({
        id: box.email_account_id ?? box.email_address,
        name: box.email_address,
        figures: box,
      }))}
    />
  );
}
