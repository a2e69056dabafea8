'use client';
import { Download, Pencil } from 'lucide-react';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { useMemo } from 'react';

import { Page } from '@/components/layout/page';
import { Button } from '@/components/ui/button';
import { ErrorState, Notice, SkeletonRows } from '@/components/ui/states';
import { StatusWord } from '@/components/ui/status';
import { TabPanel, Tabs } from '@/components/ui/tabs';
import { toastError } from '@/components/ui/toast';
import { ActivityFeed } from '@/features/analytics/components/activity-feed';
import { useCampaign } from '@/features/campaigns/api/get-campaign';
import type { Campaign } from '@/features/campaigns/api/list-campaigns';
import { CampaignMenu } from '@/features/campaigns/components/campaign-menu';
import { LateNotice } from '@/features/campaigns/components/late-notice';
import { MessagesTable } from '@/features/campaigns/components/messages-table';
import { PeopleTable } from '@/features/campaigns/components/people-table';
import { PlanCalendar } from '@/features/campaigns/components/plan-calendar';
import { RunButton } from '@/features/campaigns/components/run-button';
import { SenderGoneNotice } from '@/features/campaigns/components/sender-gone-notice';
import { readSchedule } from '@/features/campaigns/model';
import { useMailboxes } from '@/features/email_accounts/api/list-mailboxes';
import { useMe } from '@/features/identity/api/get-me';
import { useHotkeys } from '@/hooks/use-hotkeys';
import { useRouteParam } from '@/hooks/use-route-param';
import { useUrlState } from '@/hooks/use-url-state';
import { can } from '@/lib/can';
import { paths } from '@/lib/paths';
import { download } from '@/lib/upload';

import { CampaignOverview } from './overview';

const TABS = ['overview', 'people', 'plan', 'messages', 'activity'] as const;
type Tab = (typeof TABS)[number];

export function CampaignView() {
  const id = useRouteParam(2);
  if (!id) return <CampaignFrame />;
  return <LoadedCampaign key={id} id={id} />;
}

function CampaignFrame() {
  return (
    <Page title="Campaign" crumbs={[{ label: 'Campaigns', href: paths.campaigns }]}>
      <SkeletonRows rows={8} className="rounded-lg border bg-panel" />
    </Page>
  );
}

function LoadedCampaign({ id }: { id: string }) {
  const campaign = useCampaign(id);
  if (campaign.isPending) return <CampaignFrame />;
  if (campaign.isLoadingError)
    return (
      <Page title="Campaign" crumbs={[{ label: 'Campaigns', href: paths.campaigns }]}>
        <ErrorState
          error={campaign.error}
          onRetry={() => void campaign.refetch()}
          thing={{ name: 'campaign', back: { href: paths.campaigns, label: 'All campaigns' } }}
        />
      </Page>
    );
  return <CampaignPageBody campaign={campaign.data} />;
}

function CampaignPageBody({ campaign }: { campaign: Campaign }) {
  const router = useRouter();
  const { data: me } = useMe();
  // Before the start there is nothing to look back on, but a plan to look at.
  const first: Tab = campaign.status === 'draft' ? 'plan' : 'overview';
  const [raw, setTab] = useUrlState('tab', first);
  const tab = TABS.find((one) => one === raw) ?? first;
  // A table scrolls inside the page; the other tabs scroll with it.
  const fills = tab === 'people' || tab === 'messages';
  const mailboxes = useMailboxes();
  const names = useMemo(
    () => new Map((mailboxes.data ?? []).map((box) => [box.id, box.email_address])),
    [mailboxes.data],
  );
  const writes = can(me, 'campaigns:write');
  useHotkeys({ e: () => router.push(paths.campaignEdit(campaign.id)) }, writes);
  return (
    <Page
      title={campaign.name}
      heading={
        <span className="flex min-w-0 items-center gap-3">
          <span className="truncate">{campaign.name}</span>
          <StatusWord status={campaign.status} className="text-sm max-sm:[&>span]:sr-only" />
        </span>
      }
      crumbs={[{ label: 'Campaigns', href: paths.campaigns }]}
      actions={
        writes && (
          <>
            <RunButton campaign={campaign} />
            <Button asChild className="max-sm:hidden">
              <Link href={paths.campaignEdit(campaign.id)}>
                <Pencil aria-hidden /> Edit
              </Link>
            </Button>
            <CampaignMenu campaign={campaign} onGone={() => router.push(paths.campaigns)} />
          </>
        )
      }
      fill={fills}
      className={fills ? 'mx-auto w-full max-w-[1360px]' : undefined}
    >
      <LateNotice campaign={campaign} canWrite={writes} />
      <SenderGoneNotice campaign={campaign} canWrite={writes} />
      {campaign.status_reason && !campaign.is_late && (
        <Notice
          tone={campaign.status === 'active' ? 'held' : 'idle'}
          className="mb-4"
          title={campaign.status === 'paused' ? 'Why it is paused' : 'Please note'}
        >
          {campaign.status_reason}
        </Notice>
      )}
      <Tabs<Tab>
        label="Parts of this campaign"
        className={fills ? 'min-h-0 flex-1' : undefined}
        value={tab}
        onValueChange={setTab}
        items={[
          { value: 'overview', label: 'Overview' },
          { value: 'people', label: 'People', count: campaign.progress.total },
          { value: 'plan', label: 'Plan' },
          { value: 'messages', label: 'Messages', count: campaign.figures.sent },
          { value: 'activity', label: 'Activity' },
        ]}
        end={
          tab === 'messages' && (
            <Button
              variant="ghost"
              size="sm"
              className="mb-1"
              onClick={() =>
                void download(
                  `/api/analytics/exports/${campaign.id}?format=csv`,
                  `${campaign.name}.csv`,
                ).catch(toastError)
              }
            >
              <Download aria-hidden /> <span className="max-sm:sr-only">Export</span>
            </Button>
          )
        }
      >
        <TabPanel value="overview" className="pt-4">
          <CampaignOverview campaign={campaign} />
        </TabPanel>
        <TabPanel value="people" className="flex min-h-0 flex-1 flex-col pt-4">
          <PeopleTable
            campaign={campaign.id}
            progress={campaign.progress}
            canWrite={writes}
            mailboxes={names}
          />
        </TabPanel>
        <TabPanel value="plan" className="pt-4">
          <div className="rounded-lg border bg-panel p-4">
            <PlanCalendar
              campaign={campaign.id}
              zone={readSchedule(campaign.send_schedule).timezone}
              mailboxes={names}
            />
          </div>
        </TabPanel>
        <TabPanel value="messages" className="flex min-h-0 flex-1 flex-col pt-4">
          <MessagesTable campaign={campaign.id} canWrite={writes} />
        </TabPanel>
        <TabPanel value="activity" className="pt-4">
          <div className="rounded-lg border bg-panel">
            <ActivityFeed campaign={campaign.id} limit={60} />
          </div>
        </TabPanel>
      </Tabs>
    </Page>
  );
}
