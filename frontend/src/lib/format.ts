/** Below this many, a rate says nothing; it is shown as "too few" instead. */
export const RATE_FLOOR = 20;

const whole = new Intl.NumberFormat('en');
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

export function count(value: number | null | undefined): string {
  return value === null || value === undefined ? '–' : whole.format(value);
}

export function compact(value: number): string {
  return value < 10_000 ? whole.format(value) : short.format(value);
}

export function plural(value: number, one: string, many = `${one}s`): string {
  return `${whole.format(value)} ${value === 1 ? one : many}`;
}

/** `3.4 %`, or "too few" under the floor of the denominator. */
export function rate(part: number, of: number, floor = RATE_FLOOR): string {
  if (of < floor) return 'too few';
  const percent = (part / of) * 100;
  if (percent > 0 && percent < 0.1) return '< 0.1 %';
  return `${percent < 10 ? percent.toFixed(1) : Math.round(percent)} %`;
}

/** `3.4 % of 1,204 delivered`. */
export function rateOf(part: number, of: number, what: string, floor = RATE_FLOOR): string {
  const r = rate(part, of, floor);
  return r === 'too few' ? `of ${whole.format(of)} ${what}` : `${r} of ${whole.format(of)} ${what}`;
}

/** `+0.6 points` against the period before; empty when either side is too small to compare. */
export function pointsAgainst(
  now: { part: number; of: number },
  before: { part: number; of: number },
  floor = RATE_FLOOR,
): string {
  if (now.of < floor || before.of < floor) return '';
  const points = (now.part / now.of - before.part / before.of) * 100;
  if (Math.abs(points) < 0.05) return 'no change';
  return `${points > 0 ? '+' : '−'}${Math.abs(points).toFixed(1)} points`;
}

function asDate(value: string | Date): Date {
  return typeof value === 'string' ? new Date(value) : value;
}

let chosen: string | null = null;

/** The zone of the user's profile from now on; null: the browser's. */
export function showTimesIn(zone: string | null): void {
  chosen = zone;
}

/** The zone times are shown in: that of the user's profile, else the browser's. */
export function ownZone(): string {
  return chosen ?? browserZone();
}

export function browserZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';
}

function parts(value: Date, zone: string, options: Intl.DateTimeFormatOptions): string {
  try {
    return new Intl.DateTimeFormat('en-GB', { ...options, timeZone: zone }).format(value);
  } catch {
    return new Intl.DateTimeFormat('en-GB', { ...options, timeZone: 'UTC' }).format(value);
  }
}

const dayKey = (value: Date, zone: string): string =>
  parts(value, zone, { year: 'numeric', month: '2-digit', day: '2-digit' });

/** The hour of the day there, 0 to 23. */
export function hourIn(value: string | Date, zone = ownZone()): number {
  return Number(parts(asDate(value), zone, { hour: '2-digit', hourCycle: 'h23' }));
}

/** `09:00` today, `Mon 09:00` this week, `12 Mar 09:00` else, with the year when it is another. */
export function when(
  value: string | Date | null | undefined,
  now: Date = new Date(),
  zone = ownZone(),
): string {
  if (!value) return '–';
  const at = asDate(value);
  if (Number.isNaN(at.getTime())) return '–';
  const clock = parts(at, zone, { hour: '2-digit', minute: '2-digit' });
  if (dayKey(at, zone) === dayKey(now, zone)) return clock;
  const days = Math.abs(at.getTime() - now.getTime()) / 86_400_000;
  if (days < 6) return `${parts(at, zone, { weekday: 'short' })} ${clock}`;
  const sameYear = parts(at, zone, { year: 'numeric' }) === parts(now, zone, { year: 'numeric' });
  return `${day(at, zone, !sameYear)} ${clock}`;
}

/** The day it is there at that instant, as `2027-03-12`. */
export function dayIn(value: string | Date, zone = ownZone()): string {
  const [d = '', m = '', y = ''] = dayKey(asDate(value), zone).split('/');
  return `${y}-${m}-${d}`;
}

/** The time of day there, as `09:05`. */
export function clockIn(value: string | Date, zone = ownZone()): string {
  return parts(asDate(value), zone, { hour: '2-digit', minute: '2-digit' });
}

/** `12 Mar` or `12 Mar 2027`. */
export function day(value: string | Date | null | undefined, zone = ownZone(), year = false): string {
  if (!value) return '–';
  // A bare date is that day everywhere; it has no instant to convert.
  const bare = typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value);
  const at = asDate(value);
  if (Number.isNaN(at.getTime())) return '–';
  return parts(at, bare ? 'UTC' : zone, {
    day: 'numeric',
    month: 'short',
    ...(year ? { year: 'numeric' } : {}),
  });
}

/** Full and with the zone, for a tooltip. */
export function fullTime(value: string | Date | null | undefined, zone = ownZone()): string {
  if (!value) return '';
  const at = asDate(value);
  if (Number.isNaN(at.getTime())) return '';
  return `${parts(at, zone, { dateStyle: 'full', timeStyle: 'medium' })} (${zone})`;
}

/** A countdown: `0:42`, `12:05`, `1 h 5 min`, `2 d 3 h`. Never negative. */
export function countdown(seconds: number): string {
  const s = Math.max(0, Math.floor(seconds));
  if (s < 3600) return `${Math.floor(s / 60)}:${String(s % 60).padStart(2, '0')}`;
  const hours = Math.floor(s / 3600);
  if (hours < 24) return `${hours} h ${Math.floor((s % 3600) / 60)} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** `just now`, `4 min ago`, `3 h ago`, `2 d ago`. */
export function ago(value: string | Date | null | undefined, now: Date = new Date()): string {
  if (!value) return 'never';
  const s = (now.getTime() - asDate(value).getTime()) / 1000;
  if (s < 45) return 'just now';
  if (s < 3600) return `${Math.max(1, Math.round(s / 60))} min ago`;
  if (s < 86_400) return `${Math.round(s / 3600)} h ago`;
  return `${Math.round(s / 86_400)} d ago`;
}

/** `3 days`, `1 day 4 hours`, `at once`. */
export function delay(days: number, hours = 0): string {
  const said = [days ? plural(days, 'day') : '', hours ? plural(hours, 'hour') : ''].filter(Boolean);
  return said.length ? said.join(' ') : 'at once';
}

export function bytes(size: number): string {
  if (size < 1024) return `${size} B`;
  if (size < 1024 ** 2) return `${(size / 1024).toFixed(1)} kB`;
  return `${(size / 1024 ** 2).toFixed(1)} MB`;
}

export function fullName(person: { first_name?: string | null; last_name?: string | null }): string {
  return [person.first_name, person.last_name].filter(Boolean).join(' ');
}

/** The first letter large, for what begins a line. */
export function capital(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
