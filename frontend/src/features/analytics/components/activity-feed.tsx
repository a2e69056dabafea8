'use client';
import {
  Bot,
  CheckCheck,
  CircleDashed,
  CirclePause,
  Eye,
  MailX,
  MousePointerClick,
  OctagonAlert,
  Reply,
  Send,
  TriangleAlert,
  Upload,
  UserMinus,
  type LucideIcon,
} from 'lucide-react';
import Link from 'next/link';

import { Button } from '@/components/ui/button';
import { ErrorState, SkeletonRows } from '@/components/ui/states';
import { toneText, type Tone } from '@/components/ui/status';
import { useNow } from '@/hooks/use-now';
import { cn } from '@/lib/cn';
import { ago, fullTime } from '@/lib/format';
import { paths } from '@/lib/paths';

import { useActivity, type Activity } from '../api/page-activity';

interface Fact {
  icon: LucideIcon;
  tone: Tone;
  /** What happened to whom: the name goes before, the step after. */
  does: string;
  step?: string;
}

const FACTS: Record<string, Fact> = {
  sent: { icon: Send, tone: 'sending', does: 'got', step: 'step' },
  opened: { icon: Eye, tone: 'sending', does: 'opened', step: 'step' },
  clicked: { icon: MousePointerClick, tone: 'sending', does: 'clicked', step: 'in step' },
  replied: { icon: Reply, tone: 'replied', does: 'replied' },
  auto_replied: { icon: Bot, tone: 'held', does: 'is away' },
  bounced: { icon: MailX, tone: 'bounced', does: 'bounced', step: 'at step' },
  failed: { icon: OctagonAlert, tone: 'bounced', does: 'could not be written to' },
  unsubscribed: { icon: UserMinus, tone: 'bounced', does: 'unsubscribed' },
  campaign_started: { icon: Send, tone: 'sending', does: 'started' },
  campaign_paused: { icon: CirclePause, tone: 'idle', does: 'was paused' },
  campaign_completed: { icon: CheckCheck, tone: 'replied', does: 'is completed' },
  leads_imported: { icon: Upload, tone: 'idle', does: 'Leads were imported' },
  leads_verified: { icon: CheckCheck, tone: 'idle', does: 'Leads were verified' },
  quota_reached: { icon: TriangleAlert, tone: 'held', does: 'A quota is reached' },
  deliverability_fell: { icon: TriangleAlert, tone: 'held', does: 'Delivery got worse' },
  mailbox_changed: { icon: TriangleAlert, tone: 'idle', does: 'A mailbox changed' },
};

/** `email:replied` to browsers, `replied` in the log: the same fact. */
const factOf = (event: string): Fact =>
  FACTS[event] ??
  FACTS[event.replace(/^email:/, '').replaceAll(':', '_')] ?? {
    icon: CircleDashed,
    tone: 'idle',
    does: event.replaceAll(/[_:]/g, ' '),
  };

export function ActivityFeed({ campaign, limit = 30 }: { campaign?: string; limit?: number }) {
  const feed = useActivity(campaign ? { campaign_id: campaign } : {}, limit);
  const now = useNow(15_000);
  if (feed.isPending) return <SkeletonRows rows={6} />;
  if (feed.isError) return <ErrorState error={feed.error} onRetry={() => void feed.refetch()} />;
  const facts = feed.data.pages.flatMap((page) => page.items);
  if (facts.length === 0)
    return <p className="px-4 py-8 text-center text-ink-2">Nothing has happened yet.</p>;
  return (
    <>
      <ol className="divide-y">
        {facts.map((fact) => (
          <Line key={fact.seq} fact={fact} now={now} showCampaign={!campaign} />
        ))}
      </ol>
      {feed.hasNextPage && (
        <div className="border-t p-2 text-center">
          <Button
            variant="ghost"
            size="sm"
            loading={feed.isFetchingNextPage}
            onClick={() => void feed.fetchNextPage()}
          >
            Earlier
          </Button>
        </div>
      )}
    </>
  );
}

function Line({ fact, now, showCampaign }: { fact: Activity; now: Date; showCampaign: boolean }) {
  const { icon: Icon, tone, does, step } = factOf(fact.event);
  const at = step && typeof fact.data.step === 'number' ? ` ${step} ${fact.data.step}` : '';
  const machine = fact.data.verdict === 'machine';
  const campaign = fact.campaign_id && fact.campaign_name;
  const who = fact.lead_email ?? (fact.event.startsWith('campaign') ? fact.campaign_name : null);
  return (
    <li className="flex items-center gap-2.5 px-4 py-2">
      <Icon className={cn('size-3.5 shrink-0', machine ? 'text-idle' : toneText[tone])} aria-hidden />
      <p className="min-w-0 flex-1 truncate">
        {who && fact.lead_id ? (
          <Link href={paths.lead(fact.lead_id)} prefetch={false} className="font-medium hover:underline">
            {who}
          </Link>
        ) : (
          who && <span className="font-medium">{who}</span>
        )}{' '}
        <span className="text-ink-2">
          {does}
          {at || (does === 'got' ? ' a message' : '')}
          {machine && ', by a machine'}
        </span>
        {showCampaign && campaign && fact.lead_id && (
          <Link
            href={paths.campaign(fact.campaign_id ?? '')}
            prefetch={false}
            className="text-ink-3 hover:underline"
          >
            {' '}
            · {campaign}
          </Link>
        )}
      </p>
      <time dateTime={fact.at} title={fullTime(fact.at)} className="shrink-0 text-xs text-ink-3">
        {ago(fact.at, now)}
      </time>
    </li>
  );
}
