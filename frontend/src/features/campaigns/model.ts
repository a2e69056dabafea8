import type { Segment } from '@/components/ui/progress';
import type { Schema } from '@/lib/client';

export type Progress = Schema<'Progress'>;
export type Schedule = { timezone: string; windows: Windows; start_date?: string; end_date?: string };
export type Windows = Record<string, string[][]>;
export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof WEEKDAYS)[number];

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

const MINUTES = 24 * 60;

export function toMinutes(clock: string): number {
  const [hours = 0, minutes = 0] = clock.split(':').map(Number);
  return hours * 60 + minutes;
}

export function toClock(minutes: number): string {
  return `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
}

/** The 24 hours of a day as on or off, by whether the hour lies wholly or partly in a window. */
export function hoursOf(spans: readonly string[][] | undefined): boolean[] {
  const hours = Array<boolean>(24).fill(false);
  for (const [from = '00:00', to = '00:00'] of spans ?? [])
    for (let hour = 0; hour < 24; hour++)
      if (toMinutes(from) < (hour + 1) * 60 && toMinutes(to) > hour * 60) hours[hour] = true;
  return hours;
}

/** Hours switched on become as few windows as possible; "24:00" ends a day. */
export function windowsOf(hours: readonly boolean[]): string[][] {
  const spans: string[][] = [];
  let from = -1;
  for (let hour = 0; hour <= 24; hour++) {
    const on = hour < 24 && hours[hour];
    if (on && from < 0) from = hour;
    if (!on && from >= 0) {
      spans.push([toClock(from * 60), toClock(hour * 60)]);
      from = -1;
    }
  }
  return spans;
}

export function weeklyMinutes(windows: Windows): number {
  let sum = 0;
  for (const day of WEEKDAYS)
    for (const [from = '00:00', to = '00:00'] of windows[day] ?? [])
      sum += Math.max(0, Math.min(MINUTES, toMinutes(to)) - toMinutes(from));
  return sum;
}

const NAMES: Record<Weekday, string> = {
  mon: 'Mon',
  tue: 'Tue',
  wed: 'Wed',
  thu: 'Thu',
  fri: 'Fri',
  sat: 'Sat',
  sun: 'Sun',
};
export const dayName = (day: Weekday): string => NAMES[day];

/** `Mon–Fri 09:00–17:00`: neighbouring days with the same hours are told together. */
export function windowsInWords(windows: Windows): string {
  const said = (day: Weekday) => (windows[day] ?? []).map((span) => span.join('–')).join(', ');
  const groups: { first: Weekday; last: Weekday; hours: string }[] = [];
  for (const day of WEEKDAYS) {
    const hours = said(day);
    if (!hours) continue;
    const last = groups.at(-1);
    if (last && last.hours === hours && WEEKDAYS.indexOf(last.last) === WEEKDAYS.indexOf(day) - 1)
      last.last = day;
    else groups.push({ first: day, last: day, hours });
  }
  if (groups.length === 0) return 'at no hour';
  return groups
    .map(({ first, last, hours }) => `${NAMES[first]}${first === last ? '' : `–${NAMES[last]}`} ${hours}`)
    .join('; ');
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
