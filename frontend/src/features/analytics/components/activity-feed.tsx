'use client';
import {
  Bot,
  CheckCheck,
  CircleDashed,
  CirclePause,
  Eye,
  Mail,
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

import { PagedList } from '@/components/ui/paged-list';
import { toneText, type Tone } from '@/components/ui/status';
import { useNow } from '@/hooks/use-now';
import { cn } from '@/lib/cn';
import { ago, fullTime, plural } from '@/lib/format';
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
  rejudged: { icon: Bot, tone: 'idle', does: 'was taken for a person: it was a machine' },
  replied: { icon: Reply, tone: 'replied', does: 'replied' },
  auto_replied: { icon: Bot, tone: 'held', does: 'is away (automatic reply)' },
  bounced: { icon: MailX, tone: 'bounced', does: 'bounced', step: 'at step' },
  failed: { icon: OctagonAlert, tone: 'bounced', does: 'could not be written to' },
  unsubscribed: { icon: UserMinus, tone: 'bounced', does: 'unsubscribed' },
  campaign_started: { icon: Send, tone: 'sending', does: 'started' },
  campaign_paused: { icon: CirclePause, tone: 'idle', does: 'was paused' },
  campaign_completed: { icon: CheckCheck, tone: 'replied', does: 'is completed' },
  leads_imported: { icon: Upload, tone: 'idle', does: 'Leads were imported' },
  leads_verified: { icon: CheckCheck, tone: 'idle', does: 'Leads were verified' },
  quota_reached: { icon: TriangleAlert, tone: 'held', does: 'The plan’s limit is reached' },
  deliverability_fell: { icon: TriangleAlert, tone: 'held', does: 'Too many messages bounce' },
  mailbox_changed: { icon: Mail, tone: 'idle', does: 'A mailbox changed' },
};

/** `email:replied` to browsers, `replied` in the log: the same fact. */
const factOf = (event: string): Fact =>
  FACTS[event] ??
  FACTS[event.replace(/^email:/, '').replaceAll(':', '_')] ?? {
    icon: CircleDashed,
    tone: 'idle',
    does: event.replaceAll(/[_:]/g, ' '),
  };

interface Entry {
  fact: Activity;
  times: number;
}

/** Work in the background that repeats (verifying, mostly) is told once, with its number. */
export function foldRepeats(facts: readonly Activity[]): Entry[] {
  const entries: Entry[] = [];
  const said = new Map<string, Entry>();
  for (const fact of facts) {
    const known = fact.lead_id || fact.campaign_id ? undefined : said.get(fact.event);
    if (known && fact.event === 'leads_verified') {
      known.times += countOf(fact);
      continue;
    }
    const entry = { fact, times: countOf(fact) };
    entries.push(entry);
    said.set(fact.event, entry);
  }
  return entries;
}

function countOf(fact: Activity): number {
  const { verified, imported } = fact.data;
  return typeof verified === 'number' ? verified : typeof imported === 'number' ? imported : 1;
}

export function ActivityFeed({ campaign, limit = 30 }: { campaign?: string; limit?: number }) {
  const feed = useActivity(campaign ? { campaign_id: campaign } : {}, limit);
  const now = useNow(15_000);
  return (
    <PagedList pages={feed} skeleton={6} empty="Nothing has happened yet.">
      {(facts) => (
        <ol className="@container divide-y">
          {foldRepeats(facts).map((entry) => (
            <Line key={entry.fact.seq} entry={entry} now={now} showCampaign={!campaign} />
          ))}
        </ol>
      )}
    </PagedList>
  );
}

/** Facts about no person: what happened, with its number where there is one. */
function saidAlone({ fact, times }: Entry, usual: string): string {
  if (fact.event === 'leads_verified') return `${plural(times, 'address', 'addresses')} checked`;
  if (fact.event === 'leads_imported') return `${plural(times, 'lead')} imported`;
  const mailbox = fact.data.email_address;
  if (fact.event !== 'mailbox_changed' || typeof mailbox !== 'string') return usual;
  const status = typeof fact.data.status === 'string' ? fact.data.status : '';
  return `${mailbox}: ${(MAILBOX_WORDS[status] ?? status.replaceAll('_', ' ')) || 'changed'}`;
}

const MAILBOX_WORDS: Record<string, string> = {
  connected: 'connected',
  off: 'switched off',
  auth_failed: 'sign-in refused',
  unreachable: 'cannot be reached',
  paused_failures: 'stopped after failures',
  disconnected: 'disconnected',
};

function Line({ entry, now, showCampaign }: { entry: Entry; now: Date; showCampaign: boolean }) {
  const { fact } = entry;
  const { icon: Icon, tone, does, step } = factOf(fact.event);
  const at = step && typeof fact.data.step === 'number' ? ` ${step} ${fact.data.step}` : '';
  const machine = fact.data.verdict === 'machine';
  const campaign = fact.campaign_id && fact.campaign_name;
  const who = fact.lead_email ?? (fact.event.startsWith('campaign') ? fact.campaign_name : null);
  const what = `${does}${at || (does === 'got' ? ' a message' : '')}${machine ? ', by a machine' : ''}`;
  return (
    <li className="flex items-start gap-2.5 px-4 py-2">
      <Icon className={cn('mt-0.75 size-3.5 shrink-0', machine ? 'text-idle' : toneText[tone])} aria-hidden />
      <div className="min-w-0 flex-1 @lg:flex @lg:gap-1.5">
        {who ? (
          <>
            <p className="truncate font-medium @lg:shrink-0" title={who}>
              {fact.lead_id ? (
                <Link
                  href={paths.lead(fact.lead_id)}
                  prefetch={false}
                  className="underline decoration-line-strong underline-offset-2 hover:decoration-current"
                >
                  {who}
                </Link>
              ) : (
                who
              )}
            </p>
            <p className="truncate text-xs text-ink-2 @lg:text-sm">
              {what}
              {showCampaign && campaign && fact.lead_id && (
                <Link
                  href={paths.campaign(fact.campaign_id ?? '')}
                  prefetch={false}
                  className="text-ink-3 underline decoration-line-strong underline-offset-2 hover:decoration-current"
                >
                  {' '}
                  · {campaign}
                </Link>
              )}
            </p>
          </>
        ) : (
          <p className="truncate text-ink-2">{saidAlone(entry, does)}</p>
        )}
      </div>
      <time dateTime={fact.at} title={fullTime(fact.at)} className="shrink-0 text-xs text-ink-3">
        {ago(fact.at, now)}
      </time>
    </li>
  );
}
