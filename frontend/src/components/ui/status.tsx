import {
  Archive,
  Ban,
  Check,
  CheckCheck,
  CircleDashed,
  CircleHelp,
  CirclePause,
  Clock,
  Eye,
  FileText,
  MailX,
  MousePointerClick,
  OctagonAlert,
  Reply,
  Send,
  TriangleAlert,
  UserMinus,
  type LucideIcon,
} from 'lucide-react';
import type { ReactNode } from 'react';

import { cn } from '@/lib/cn';

export type Tone = 'sending' | 'replied' | 'held' | 'bounced' | 'idle' | 'accent';

export const toneText: Record<Tone, string> = {
  sending: 'text-sending',
  replied: 'text-replied',
  held: 'text-held',
  bounced: 'text-bounced',
  idle: 'text-idle',
  accent: 'text-accent',
};

export const toneSoft: Record<Tone, string> = {
  sending: 'bg-sending-soft text-sending',
  replied: 'bg-replied-soft text-replied',
  held: 'bg-held-soft text-held',
  bounced: 'bg-bounced-soft text-bounced',
  idle: 'bg-idle-soft text-idle',
  accent: 'bg-accent-soft text-accent',
};

export const toneFill: Record<Tone, string> = {
  sending: 'bg-sending',
  replied: 'bg-replied',
  held: 'bg-held',
  bounced: 'bg-bounced',
  idle: 'bg-idle',
  accent: 'bg-accent',
};

interface Status {
  word: string;
  tone: Tone;
  icon: LucideIcon;
}

/** Every status the API can say, once: the same word, colour and sign on every page. */
const STATUSES: Record<string, Status> = {
  draft: { word: 'Draft', tone: 'idle', icon: FileText },
  active: { word: 'Active', tone: 'sending', icon: Send },
  sending: { word: 'Sending', tone: 'sending', icon: Send },
  paused: { word: 'Paused', tone: 'idle', icon: CirclePause },
  completed: { word: 'Completed', tone: 'replied', icon: CheckCheck },
  archived: { word: 'Archived', tone: 'idle', icon: Archive },
  pending: { word: 'Waiting', tone: 'idle', icon: CircleDashed },
  not_yet: { word: 'Not yet', tone: 'idle', icon: CircleDashed },
  between_steps: { word: 'Between steps', tone: 'sending', icon: Clock },
  blocked: { word: 'Blocked', tone: 'bounced', icon: OctagonAlert },
  scheduled: { word: 'Scheduled', tone: 'sending', icon: Clock },
  claimed: { word: 'Next', tone: 'sending', icon: Clock },
  sent: { word: 'Sent', tone: 'sending', icon: Check },
  opened: { word: 'Opened', tone: 'sending', icon: Eye },
  clicked: { word: 'Clicked', tone: 'sending', icon: MousePointerClick },
  replied: { word: 'Replied', tone: 'replied', icon: Reply },
  held: { word: 'Held', tone: 'held', icon: CirclePause },
  deferred: { word: 'Deferred', tone: 'held', icon: Clock },
  bounced: { word: 'Bounced', tone: 'bounced', icon: MailX },
  refused: { word: 'Refused', tone: 'bounced', icon: MailX },
  unsubscribed: { word: 'Unsubscribed', tone: 'bounced', icon: UserMinus },
  stopped: { word: 'Stopped', tone: 'idle', icon: Ban },
  cancelled: { word: 'Cancelled', tone: 'idle', icon: Ban },
  failed: { word: 'Failed', tone: 'bounced', icon: OctagonAlert },
  quarantined: { word: 'Set aside', tone: 'bounced', icon: OctagonAlert },
  unknown: { word: 'Unknown', tone: 'held', icon: CircleHelp },
  connected: { word: 'Connected', tone: 'replied', icon: Check },
  ok: { word: 'Connected', tone: 'replied', icon: Check },
  auth_failed: { word: 'Sign-in refused', tone: 'bounced', icon: OctagonAlert },
  error: { word: 'Trouble', tone: 'bounced', icon: TriangleAlert },
  disconnected: { word: 'Disconnected', tone: 'bounced', icon: TriangleAlert },
  deliverable: { word: 'Deliverable', tone: 'replied', icon: Check },
  valid: { word: 'Valid', tone: 'replied', icon: Check },
  risky: { word: 'Risky', tone: 'held', icon: TriangleAlert },
  catch_all: { word: 'Catch-all', tone: 'held', icon: TriangleAlert },
  undeliverable: { word: 'Undeliverable', tone: 'bounced', icon: MailX },
  invalid: { word: 'Invalid', tone: 'bounced', icon: MailX },
  unverified: { word: 'Not checked', tone: 'idle', icon: CircleDashed },
  running: { word: 'Running', tone: 'sending', icon: CircleDashed },
  undone: { word: 'Undone', tone: 'idle', icon: Ban },
};

export function statusOf(status: string): Status {
  return STATUSES[status] ?? { word: status.replaceAll('_', ' '), tone: 'idle', icon: CircleDashed };
}

/** A status as sign and word; `word` replaces the usual one where the page knows better. */
export function StatusWord({
  status,
  word,
  className,
}: {
  status: string;
  word?: string;
  className?: string;
}) {
  const { word: usual, tone, icon: Icon } = statusOf(status);
  return (
    <span className={cn('inline-flex items-center gap-1.5 whitespace-nowrap', toneText[tone], className)}>
      <Icon className="size-3.5 shrink-0" aria-hidden />
      <span className="font-medium first-letter:uppercase">{word ?? usual}</span>
    </span>
  );
}

export function Badge({
  tone = 'idle',
  children,
  className,
}: {
  tone?: Tone;
  children: ReactNode;
  className?: string;
}) {
  return (
    <span
      className={cn(
        'inline-flex h-5 items-center gap-1 rounded-sm px-1.5 text-xs font-medium whitespace-nowrap',
        toneSoft[tone],
        className,
      )}
    >
      {children}
    </span>
  );
}
