'use client';
import { CircleCheck } from 'lucide-react';
import Link from 'next/link';

import { Page } from '@/components/layout/page';
import { Button } from '@/components/ui/button';
import { Panel } from '@/components/ui/card';
import { ErrorState, Skeleton } from '@/components/ui/states';
import { useOverview } from '@/features/analytics/api/get-overview';
import { usePulse } from '@/features/analytics/api/get-pulse';
import { ActivityFeed } from '@/features/analytics/components/activity-feed';
import { CampaignLines } from '@/features/analytics/components/campaign-lines';
import { FiguresRow } from '@/features/analytics/components/figures-row';
import { NextIn, PulsePlan, saidToday } from '@/features/analytics/components/pulse-line';
import { useCampaigns } from '@/features/campaigns/api/list-campaigns';
import { useMailboxes } from '@/features/email_accounts/api/list-mailboxes';
import { useMe } from '@/features/identity/api/get-me';
import { useThreads } from '@/features/inbox/api/threads';
import { LatestReplies } from '@/features/inbox/components/latest-replies';
import { can } from '@/lib/can';
import { paths } from '@/lib/paths';

import { FirstRun } from './first-run';
import { needsOf, type Need } from './needs';

/** What needs me, what the engine does, how it goes. */
export function TodayView() {
  const { data: me } = useMe();
  const overview = useOverview();
  const pulse = usePulse();
  const mailboxes = useMailboxes();
  const paused = useCampaigns({ status: 'paused' }, { limit: 50 });
  const threads = useThreads({ unread: true }, 5);
  const unread = threads.rows;
  const data = overview.data;
  const fresh =
    data !== undefined && mailboxes.data !== undefined && data.totals.sent === 0 && data.previous.sent === 0;
  const needs = needsOf({
    unread: pulse.data?.unread_threads ?? unread.length,
    mailboxes: mailboxes.data ?? [],
    waiting: pulse.data?.waiting ?? [],
    late: paused.rows.filter((one) => one.is_late),
    postalAddress: me?.organization.postal_address ?? null,
    isAdmin: can(me, 'org:admin'),
  });
  if (overview.isError)
    return (
      <Page title="Today">
        <ErrorState error={overview.error} onRetry={() => void overview.refetch()} />
      </Page>
    );
  return (
    <Page title="Today">
      <div className="space-y-4">
        {fresh && (
          <FirstRun
            mailboxes={mailboxes.data?.length ?? 0}
            leads={data.leads}
            campaigns={data.campaigns.length}
            address={Boolean(me?.organization.postal_address)}
          />
        )}
        <div className="grid gap-4 lg:grid-cols-[minmax(0,2fr)_minmax(0,3fr)]">
          <div className="flex min-w-0 flex-col gap-4">
            <Panel title="Needs you" bodyClassName="p-0">
              <Needs needs={needs} loading={!pulse.data || !mailboxes.data} />
            </Panel>
            <Panel
              title="Unread replies"
              className="flex-1"
              bodyClassName="p-0"
              action={<PanelLink href={paths.inbox}>Inbox</PanelLink>}
            >
              <LatestReplies threads={unread} loading={threads.isPending} />
            </Panel>
          </div>
          <Panel
            title="Today's sending"
            description={pulse.data ? saidToday(pulse.data) : 'Reading the plan'}
            action={
              pulse.data?.next_send_at ? (
                <span className="text-sending">
                  <NextIn pulse={pulse.data} />
                </span>
              ) : undefined
            }
          >
            {pulse.data ? (
              <PulsePlan pulse={pulse.data} zone={me?.organization.timezone} />
            ) : (
              <Skeleton className="h-56" />
            )}
          </Panel>
        </div>
        {data ? (
          <section aria-label="The last 14 days">
            <p className="mb-2 text-xs text-ink-3">The last 14 days, against the 14 days before</p>
            <FiguresRow now={data.totals} before={data.previous} />
          </section>
        ) : (
          <Skeleton className="h-28 w-full" />
        )}
        <div className="grid gap-4 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
          <Panel
            title="Campaigns"
            bodyClassName="p-0"
            className="min-w-0 self-start"
            action={<PanelLink href={paths.campaigns}>All</PanelLink>}
          >
            {data ? <CampaignLines campaigns={data.campaigns} /> : <Skeleton className="m-4 h-32" />}
          </Panel>
          <Panel title="Activity" bodyClassName="p-0" className="min-w-0 self-start">
            <ActivityFeed limit={9} />
          </Panel>
        </div>
      </div>
    </Page>
  );
}

function PanelLink({ href, children }: { href: string; children: string }) {
  return (
    <Button variant="ghost" size="sm" asChild>
      <Link href={href}>{children}</Link>
    </Button>
  );
}

function Needs({ needs, loading }: { needs: readonly Need[]; loading: boolean }) {
  if (loading) return <Skeleton className="m-4 h-40" />;
  if (needs.length === 0)
    return (
      <p className="flex items-center gap-2 p-4 text-ink-2">
        <CircleCheck className="size-4 text-replied" aria-hidden /> Nothing. All runs by itself.
      </p>
    );
  return (
    <ul className="divide-y">
      {needs.map(({ icon: Icon, tone, title, detail, href, action }) => (
        <li key={title} className="flex items-start gap-3 px-4 py-3">
          <Icon className={`mt-0.5 size-4 shrink-0 ${tone}`} aria-hidden />
          <div className="min-w-0 flex-1">
            <p className="font-medium">{title}</p>
            <p className="text-xs text-ink-2">{detail}</p>
          </div>
          <Button size="sm" asChild>
            <Link href={href}>{action}</Link>
          </Button>
        </li>
      ))}
    </ul>
  );
}
