import type { Segment } from '@/components/ui/progress';
import type { Schema } from '@/lib/client';
import { WEEKDAYS, weeklyMinutes, type Windows } from '@/lib/week';

export type Progress = Schema<'Progress'>;
export type Schedule = { timezone: string; windows: Windows; start_date?: string; end_date?: string };

/** People of a campaign by where they are, in the order of the bar. */
export function progressSegments(progress: Progress): Segment[] {
  return [
    { label: 'replied', value: progress.replied, tone: 'replied' },
    { label: 'finished', value: progress.completed, tone: 'accent' },
    { label: 'in sequence', value: progress.active, tone: 'sending' },
    { label: 'held', value: progress.held, tone: 'held' },
    {
      label: 'bounced, unsubscribed or failed',
      value: progress.bounced + progress.unsubscribed + progress.failed,
      tone: 'bounced',
    },
    { label: 'stopped', value: progress.stopped, tone: 'idle' },
    { label: 'waiting', value: progress.pending, tone: 'idle', faint: true },
  ];
}

/** How many need nothing more from us. */
export function settled(progress: Progress): number {
  return (
    progress.replied +
    progress.completed +
    progress.bounced +
    progress.unsubscribed +
    progress.failed +
    progress.stopped
  );
}

/** The API stores the schedule as free JSON; what is missing reads as the usual working week. */
export function readSchedule(raw: Record<string, unknown>): Schedule {
  const text = (key: string) => (typeof raw[key] === 'string' && raw[key] ? raw[key] : undefined);
  const windows: Windows = {};
  if (typeof raw.windows === 'object' && raw.windows !== null)
    for (const [day, spans] of Object.entries(raw.windows))
      if (Array.isArray(spans))
        windows[day] = spans.filter(
          (span): span is string[] => Array.isArray(span) && span.length === 2 && typeof span[0] === 'string',
        );
  const start = text('start_date');
  const end = text('end_date');
  return {
    timezone: text('timezone') ?? 'UTC',
    windows,
    ...(start ? { start_date: start } : {}),
    ...(end ? { end_date: end } : {}),
  };
}

export interface Capacity {
  perDay: number;
  days: number;
  /** What the number comes from. */
  limit: 'nothing' | 'mailboxes' | 'window' | 'cap';
}

/**
 * Roughly how many messages a sending day holds: each mailbox by its limit and by its gap in the hours
 * open, all of them under the campaign's cap. The simulation is exact; this follows the hand.
 */
export function capacity(
  windows: Windows,
  mailboxes: readonly {
    effective_limit_today: number;
    daily_limit: number;
    min_gap_seconds: number;
    gap_jitter_seconds: number;
  }[],
  cap: number | null,
): Capacity {
  const days = WEEKDAYS.filter((day) => (windows[day] ?? []).length > 0).length;
  if (days === 0 || mailboxes.length === 0) return { perDay: 0, days, limit: 'nothing' };
  const minutes = weeklyMinutes(windows) / days;
  let byLimit = 0;
  let byGap = 0;
  for (const box of mailboxes) {
    const gap = box.min_gap_seconds + box.gap_jitter_seconds / 2;
    const slots = gap > 0 ? Math.floor((minutes * 60) / gap) : Number.POSITIVE_INFINITY;
    byLimit += box.daily_limit;
    byGap += Math.min(slots, box.daily_limit);
  }
  if (cap !== null && cap < byGap) return { perDay: cap, days, limit: 'cap' };
  return { perDay: byGap, days, limit: byGap < byLimit ? 'window' : 'mailboxes' };
}

/** Sending days until everybody has the first mail, follow-ups left aside. */
export function daysOfFirstMails(people: number, perDay: number, newCap: number | null): number {
  const aDay = newCap === null ? perDay : Math.min(perDay, newCap);
  return aDay > 0 ? Math.ceil(people / aDay) : 0;
}
