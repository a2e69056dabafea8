'use client';
import { TriangleAlert, Wifi, WifiOff } from 'lucide-react';
import Link from 'next/link';
import { useEffect, useState } from 'react';
import { useQueryClient } from '@tanstack/react-query';

import { HourStrip } from '@/components/charts/hour-strip';
import { Dialog, DialogTrigger, DrawerContent } from '@/components/ui/dialog';
import { ProgressBar } from '@/components/ui/progress';
import { Skeleton } from '@/components/ui/states';
import { WaitingList } from '@/components/ui/waiting-list';
import { useNow } from '@/hooks/use-now';
import { cn } from '@/lib/cn';
import { count, countdown, dayIn, hourIn, ownZone, plural } from '@/lib/format';
import { paths } from '@/lib/paths';
import { keys } from '@/lib/query';

import { usePulse, type Pulse } from '../api/get-pulse';

type Live = 'connecting' | 'live' | 'offline';
type Known = Pulse & { skewMs: number };

/** One line, on every page: what the engine does now. Opens the plan of the day. */
export function PulseLine({ live, zone }: { live: Live; zone: string }) {
  const { data: pulse, isError } = usePulse();
  const [open, setOpen] = useState(false);
  if (!pulse)
    return isError ? (
      <PulseUnknown />
    ) : (
      <div className="flex h-8 items-center px-4">
        <Skeleton className="h-3 w-72" />
      </div>
    );
  return (
    <Dialog open={open} onOpenChange={setOpen}>
      <div className="flex h-8 items-center gap-3 px-4 text-xs pointer-coarse:h-11">
        <DialogTrigger className="flex min-w-0 flex-1 items-center gap-2 text-left text-ink-2 hover:text-ink">
          <Dot pulse={pulse} zone={zone} />
          <PulseWords pulse={pulse} zone={zone} />
        </DialogTrigger>
        <LiveSign live={live} />
      </div>
      <DrawerContent title="Today's plan" description={saidToday(pulse)}>
        <PulsePlan pulse={pulse} zone={zone} onLeave={() => setOpen(false)} />
      </DrawerContent>
    </Dialog>
  );
}

export function PulseUnknown() {
  return (
    <div className="flex h-8 items-center px-4 text-ink-3">The engine&apos;s state is not known now.</div>
  );
}

/** Why nothing at all is sent. */
const IDLE: Record<NonNullable<Pulse['idle']>, string> = {
  restored: 'held since the database was restored',
  no_campaign: 'no campaign was started yet',
  paused: 'every campaign is paused',
  through: 'every campaign is through',
  no_mailbox: 'no mailbox can send',
};

/** “Nothing is sent: every campaign is paused”; null while something is, or could be. */
export function idleWords({ idle }: Pick<Pulse, 'idle'>): string | null {
  return idle ? `Nothing is sent: ${IDLE[idle]}` : null;
}

/** Whether a message leaves today, in the organization's zone; mailboxes whose next turn is tomorrow do not send now. */
function sendsToday({ idle, mailboxes_sending, next_send_at, now }: Pulse, zone: string): boolean {
  if (idle || mailboxes_sending === 0) return false;
  return !next_send_at || dayIn(next_send_at, zone) === dayIn(now, zone);
}

function Dot({ pulse, zone }: { pulse: Known; zone: string }) {
  const sends = sendsToday(pulse, zone);
  const tone = pulse.mailboxes_in_trouble > 0 ? 'text-held' : sends ? 'text-sending' : 'text-idle';
  return (
    <span aria-hidden className={cn('size-2 shrink-0 rounded-full bg-current', tone, sends && 'pulse-dot')} />
  );
}

function PulseWords({ pulse, zone }: { pulse: Known; zone: string }) {
  const waiting = pulse.waiting.reduce((all, reason) => all + reason.count, 0);
  const engine =
    idleWords(pulse) ??
    (pulse.mailboxes_sending === 0
      ? 'Nothing to send at this moment'
      : sendsToday(pulse, zone)
        ? `${plural(pulse.mailboxes_sending, 'mailbox', 'mailboxes')} sending`
        : 'Nothing more to send today');
  return (
    <span className="truncate" aria-live="off">
      <span className="font-medium text-ink">{engine}</span>
      {!pulse.idle && pulse.next_send_at && (
        <>
          {' · '}
          <NextIn pulse={pulse} />
        </>
      )}
      {pulse.planned_today > 0 && (
        <span className="max-sm:hidden">
          {' '}
          · {count(pulse.sent_today)} of {count(pulse.planned_today)} planned today sent
        </span>
      )}
      {waiting > 0 && <span className="text-held"> · {count(waiting)} waiting, see why</span>}
      {pulse.mailboxes_in_trouble > 0 && (
        <span className="text-held">
          {' '}
          · <TriangleAlert className="mb-0.5 inline size-3" aria-hidden />{' '}
          {plural(pulse.mailboxes_in_trouble, 'mailbox', 'mailboxes')} in trouble
        </span>
      )}
    </span>
  );
}

/** Counts down on product time; asks anew when it is through. */
export function NextIn({ pulse }: { pulse: Known }) {
  const now = useNow(1000);
  const cache = useQueryClient();
  const at = pulse.next_send_at ? new Date(pulse.next_send_at).getTime() : 0;
  const seconds = (at - (now.getTime() + pulse.skewMs)) / 1000;
  const due = at > 0 && seconds <= 0;
  useEffect(() => {
    if (!due) return;
    const timer = setTimeout(() => void cache.invalidateQueries({ queryKey: keys.pulse }), 1500);
    return () => clearTimeout(timer);
  }, [due, cache, pulse]);
  if (!at) return null;
  return <span>{due ? 'next one now' : `next in ${countdown(seconds)}`}</span>;
}

function LiveSign({ live }: { live: Live }) {
  const Icon = live === 'offline' ? WifiOff : Wifi;
  const word = { live: 'Live', connecting: 'Connecting', offline: 'Not live, reconnecting' }[live];
  return (
    <span
      className={cn(
        'flex shrink-0 items-center gap-1.5',
        live === 'offline' ? 'text-held' : live === 'live' ? 'text-ink-3' : 'text-ink-3 opacity-70',
      )}
      role="status"
    >
      <Icon className="size-3" aria-hidden />
      <span className="max-sm:sr-only">{word}</span>
    </span>
  );
}

export function saidToday(pulse: Pulse): string {
  const idle = idleWords(pulse);
  if (idle) return pulse.sent_today > 0 ? `${count(pulse.sent_today)} sent today. ${idle}.` : `${idle}.`;
  if (pulse.planned_today === 0 && pulse.sent_today === 0) return 'Nothing is planned for today.';
  return `${count(pulse.sent_today)} sent of ${count(Math.max(pulse.planned_today, pulse.sent_today))} planned today.`;
}

/** The hours are those of the organization's zone, which need not be the browser's. */
export function PulsePlan({
  pulse,
  zone,
  onLeave,
}: {
  pulse: Known;
  zone?: string | undefined;
  onLeave?: () => void;
}) {
  const planned = Math.max(pulse.planned_today, pulse.sent_today);
  return (
    <div className="space-y-5">
      <div>
        <HourStrip hours={pulse.hours} now={hourIn(pulse.now, zone)} className="h-28" />
        {zone && zone !== ownZone() && <p className="text-xs text-ink-3">Hours of {zone}</p>}
        <ProgressBar
          className="mt-3"
          label="Today"
          total={planned}
          segments={[{ label: 'sent', value: pulse.sent_today, tone: 'sending' }]}
        />
      </div>
      <section>
        <h3 className="mb-1 text-xs text-ink-3">Waiting, and why</h3>
        <WaitingList
          reasons={pulse.waiting.map((one) => ({ ...one, code: one.reason }))}
          none={pulse.idle ? `${idleWords(pulse)}.` : undefined}
        />
      </section>
      <p className="text-ink-2">
        <Link href={paths.campaigns} onClick={onLeave} className="text-accent underline underline-offset-2">
          {plural(pulse.active_campaigns, 'active campaign')}
        </Link>{' '}
        ·{' '}
        <Link href={paths.mailboxes} onClick={onLeave} className="text-accent underline underline-offset-2">
          {pulse.mailboxes_sending > 0
            ? `${plural(pulse.mailboxes_sending, 'mailbox', 'mailboxes')} sending`
            : 'All mailboxes'}
        </Link>
      </p>
    </div>
  );
}
