import type { Segment } from '@/components/ui/progress';
import type { Schema } from '@/lib/client';
import { paths, withQuery } from '@/lib/paths';
import { WEEKDAYS, weeklyMinutes, type Windows } from '@/lib/week';

export type Progress = Schema<'Progress'>;
export type Schedule = { timezone: string; windows: Windows; start_date?: string; end_date?: string };

export type EnrollmentState = Schema<'EnrollmentOut'>['state'];

/** Where somebody stands in a campaign: the same word in every list, filter and bar. */
export const STATES: { value: EnrollmentState; label: string }[] = [
  { value: 'not_yet', label: 'Not yet' },
  { value: 'between_steps', label: 'Between steps' },
  { value: 'blocked', label: 'Blocked' },
  { value: 'held', label: 'Held' },
  { value: 'replied', label: 'Replied' },
  { value: 'completed', label: 'Finished' },
  { value: 'bounced', label: 'Bounced' },
  { value: 'unsubscribed', label: 'Unsubscribed' },
  { value: 'stopped', label: 'Stopped' },
  { value: 'failed', label: 'Failed' },
];

/** How the bar shows each, in its order: what is through first, what is to come last. */
const BAR: { state: EnrollmentState; tone: Segment['tone']; faint?: boolean }[] = [
  { state: 'replied', tone: 'replied' },
  { state: 'completed', tone: 'accent' },
  { state: 'between_steps', tone: 'sending' },
  { state: 'held', tone: 'held' },
  { state: 'bounced', tone: 'bounced' },
  { state: 'unsubscribed', tone: 'bounced' },
  { state: 'failed', tone: 'bounced' },
  { state: 'stopped', tone: 'idle' },
  { state: 'blocked', tone: 'bounced', faint: true },
  { state: 'not_yet', tone: 'idle', faint: true },
];

/** People of a campaign by where they are, in the order of the bar. */
export function progressSegments(progress: Progress): (Segment & { state: EnrollmentState })[] {
  return BAR.map(({ state, ...look }) => ({
    ...look,
    state,
    label: stateWord(state).toLowerCase(),
    value: progress[state],
  }));
}

export function stateWord(state: string): string {
  return STATES.find(({ value }) => value === state)?.label ?? state.replaceAll('_', ' ');
}

/** The people of a campaign who stand so. */
export function peopleHref(
  campaign: string,
  filter: { state: EnrollmentState; reason?: string | undefined },
): string {
  return withQuery(paths.campaign(campaign), { tab: 'people', ...filter });
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

export const MAX_WEIGHT = 100;

/** What is wrong with a weight as it was typed; null: nothing. */
export function weightFault(text: string): string | null {
  const typed = text.trim();
  if (typed === '') return `Type a whole number from 0 to ${MAX_WEIGHT}.`;
  if (!/^\d+$/.test(typed)) return `A whole number from 0 to ${MAX_WEIGHT}, not “${typed}”.`;
  if (Number(typed) > MAX_WEIGHT) return `At most ${MAX_WEIGHT}: only the proportion counts.`;
  return null;
}

/** One that can send now: the others' shares go to these meanwhile. */
export function canSend(box: { is_active: boolean; status: string }): boolean {
  return box.is_active && box.status === 'connected';
}

/** Each mailbox's part of the new people, 0 to 1; all 0 where nobody would get a sender. */
export function sharesOf(
  boxes: readonly { id: string; is_active: boolean; status: string }[],
  weights: Readonly<Record<string, number>>,
): Map<string, number> {
  const able = boxes.filter(canSend);
  const drawn = able.length > 0 ? able : boxes;
  const total = drawn.reduce((sum, box) => sum + (weights[box.id] ?? 1), 0);
  return new Map(
    boxes.map((box) => [box.id, total > 0 && drawn.includes(box) ? (weights[box.id] ?? 1) / total : 0]),
  );
}

/** `33.3 %`, `50 %`. */
export function percent(part: number): string {
  const tenths = Math.round(part * 1000) / 10;
  return `${Number.isInteger(tenths) ? tenths : tenths.toFixed(1)} %`;
}

const LARGE_PROVIDERS = {
  Google: /(^|\.)(google|googlemail|gmail)\.com$/,
  Microsoft: /(^|\.)((outlook|office365|hotmail|live|msn)\.com|outlook\.office365\.us)$/,
} as const;

/** Whose mailbox it is, told as the server tells it: by how it was connected, else by its outgoing host. */
export function largeProvider(box: {
  provider: string;
  smtp: { host: string } | null;
}): keyof typeof LARGE_PROVIDERS | null {
  if (box.provider === 'gmail') return 'Google';
  if (box.provider === 'outlook') return 'Microsoft';
  const host = box.smtp?.host.trim().toLowerCase().replace(/\.$/, '') ?? '';
  if (LARGE_PROVIDERS.Google.test(host)) return 'Google';
  return LARGE_PROVIDERS.Microsoft.test(host) ? 'Microsoft' : null;
}
