'use client';
import { CircleCheck } from 'lucide-react';
import Link from 'next/link';

import { Page } from '@/components/layout/page';
import { Boundary } from '@/components/ui/boundary';
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
import { useFailedJobs } from '@/features/jobs/api/failed-jobs';
import { can } from '@/lib/can';
import { paths } from '@/lib/paths';

import { FirstRun } from './first-run';
import { needsOf, type Need } from './needs';

/** What needs me, what the engine does, how it goes: each in a part of its own, so that one fault leaves the rest. */
export function TodayView() {
  return (
    <Page title="Today">
      <div className="space-y-4">
        <Boundary fallback={null}>
          <FirstSteps />
        </Boundary>
        <div className="grid gap-4 lg:grid-cols-[minmax(0,2fr)_minmax(0,3fr)]">
          <div className="flex min-w-0 flex-col gap-4">
            <Panel title="Needs you" bodyClassName="p-0">
              <Needs />
            </Panel>
            <Panel
              title="Unread replies"
              className="flex-1"
              bodyClassName="p-0"
              action={<PanelLink href={paths.inbox}>Inbox</PanelLink>}
            >
              <UnreadReplies />
            </Panel>
          </div>
          <Boundary>
            <TodaysSending />
          </Boundary>
        </div>
        <Boundary className="rounded-lg border bg-panel">
          <Fortnight />
        </Boundary>
        <div className="grid gap-4 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
          <Panel
            title="Campaigns"
            bodyClassName="p-0"
            className="min-w-0 self-start"
            action={<PanelLink href={paths.campaigns}>All</PanelLink>}
          >
            <Campaigns />
          </Panel>
          <Panel title="Activity" bodyClassName="p-0" className="min-w-0 self-start">
            <ActivityFeed limit={9} />
          </Panel>
        </div>
      </div>
    </Page>
  );
}

/** Until the first message is out. */
function FirstSteps() {
  const { data: me } = useMe();
  const { data } = useOverview();
  const mailboxes = useMailboxes();
  if (!data || !mailboxes.data || data.totals.sent > 0 || data.previous.sent > 0) return null;
  return (
    <FirstRun
      mailboxes={mailboxes.data.length}
      leads={data.leads}
      campaigns={data.campaigns.length}
      address={Boolean(me?.organization.postal_address)}
    />
  );
}

function TodaysSending() {
  const { data: me } = useMe();
  const pulse = usePulse();
  return (
    <Panel
      title="Today's sending"
      description={pulse.data ? saidToday(pulse.data) : 'Reading the plan'}
      action={
        pulse.data?.next_send_at && !pulse.data.idle ? (
          <span className="text-sending">
            <NextIn pulse={pulse.data} />
          </span>
        ) : undefined
      }
    >
      {pulse.data ? (
        <PulsePlan pulse={pulse.data} zone={me?.organization.timezone} />
      ) : pulse.isLoadingError ? (
        <ErrorState error={pulse.error} onRetry={() => void pulse.refetch()} />
      ) : (
        <Skeleton className="h-56" />
      )}
    </Panel>
  );
}

function Fortnight() {
  const overview = useOverview();
  if (overview.isLoadingError)
    return (
      <ErrorState
        error={overview.error}
        onRetry={() => void overview.refetch()}
        className="rounded-lg border bg-panel"
      />
    );
  if (!overview.data) return <Skeleton className="h-28 w-full" />;
  return (
    <section aria-label="The last 14 days">
      <p className="mb-2 text-xs text-ink-3">The last 14 days, against the 14 days before</p>
      <FiguresRow now={overview.data.totals} before={overview.data.previous} />
    </section>
  );
}

function Campaigns() {
  const overview = useOverview();
  if (overview.isLoadingError)
    return <ErrorState error={overview.error} onRetry={() => void overview.refetch()} />;
  if (!overview.data) return <Skeleton className="m-4 h-32" />;
  return <CampaignLines campaigns={overview.data.campaigns} />;
}

function UnreadReplies() {
  const threads = useThreads({ unread: true }, 5);
  if (threads.error) return <ErrorState error={threads.error} onRetry={threads.retry} />;
  return <LatestReplies threads={threads.rows} loading={threads.isPending} />;
}

function PanelLink({ href, children }: { href: string; children: string }) {
  return (
    <Button variant="ghost" size="sm" asChild>
      <Link href={href}>{children}</Link>
    </Button>
  );
}

function Needs() {
  const { data: me } = useMe();
  const pulse = usePulse();
  const mailboxes = useMailboxes();
  const paused = useCampaigns({ status: 'paused' }, { limit: 50 });
  const admin = can(me, 'org:admin');
  const jobs = useFailedJobs(admin);
  const failed = [pulse, mailboxes].find((one) => one.isLoadingError)?.error;
  if (failed)
    return (
      <ErrorState
        error={failed}
        onRetry={() => void Promise.all([pulse.refetch(), mailboxes.refetch()])}
        className="py-8"
      />
    );
  if (!pulse.data || !mailboxes.data) return <Skeleton className="m-4 h-40" />;
  const needs = needsOf({
    unread: pulse.data.unread_threads,
    mailboxes: mailboxes.data,
    waiting: pulse.data.waiting,
    late: paused.rows.filter((one) => one.is_late),
    postalAddress: me?.organization.postal_address ?? null,
    failedJobs: jobs.data?.length ?? 0,
    isAdmin: admin,
  });
  if (needs.length === 0)
    return (
      <p className="flex items-center gap-2 p-4 text-ink-2">
        <CircleCheck className="size-4 text-replied" aria-hidden /> Nothing. All runs by itself.
      </p>
    );
  return <NeedList needs={needs} />;
}

function NeedList({ needs }: { needs: readonly Need[] }) {
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
