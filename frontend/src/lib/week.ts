/** Opening hours by weekday, each as pairs of clock times: the shape the API keeps. */
export type Windows = Record<string, string[][]>;
export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof WEEKDAYS)[number];

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

/** Every hour of every day: how a week without limits is written down. */
export const WHOLE_WEEK: Windows = Object.fromEntries(WEEKDAYS.map((day) => [day, [['00:00', '24:00']]]));
export const OFFICE_WEEK: Windows = Object.fromEntries(
  WEEKDAYS.slice(0, 5).map((day) => [day, [['09:00', '17:00']]]),
);

/** Nothing written down reads as every hour too. */
export function isWholeWeek(windows: Windows | null): boolean {
  return windows === null || weeklyMinutes(windows) >= WEEKDAYS.length * MINUTES;
}
