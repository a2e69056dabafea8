'use client';
import { useEffect, useRef } from 'react';

import { useRowPopover } from '@/components/ui/row-surface';
import { ErrorState, Notice, Skeleton } from '@/components/ui/states';
import { cn } from '@/lib/cn';
import { clockIn, count, day as dayWords, dayIn, fullTime, plural, when } from '@/lib/format';
import { remedyFor } from '@/lib/why';

import { useSimulation, type Simulation } from '../api/get-simulation';

interface Cell {
  planned: number;
  sent: number;
}

const MAX_DAYS = 42;
const LISTED = 40;

/** What will happen, day by mailbox; past days show what was sent against what was planned. */
export function PlanCalendar({
  campaign,
  zone,
  mailboxes,
}: {
  campaign: string;
  /** The campaign's: its days and times are meant there. */
  zone: string;
  /** Names of mailboxes by id. */
  mailboxes: ReadonlyMap<string, string>;
}) {
  const plan = useSimulation(campaign);
  if (plan.isPending) return <Skeleton className="h-40 w-full" />;
  if (plan.isError) return <ErrorState error={plan.error} onRetry={() => void plan.refetch()} />;
  return <PlanGrid plan={plan.data} zone={zone} mailboxes={mailboxes} />;
}

export function PlanGrid({
  plan,
  zone,
  mailboxes,
}: {
  plan: Simulation;
  zone: string;
  mailboxes: ReadonlyMap<string, string>;
}) {
  const days = everyDay(plan.days.map((one) => one.day)).slice(0, MAX_DAYS);
  const boxes = [...new Set(plan.days.map((one) => one.email_account_id))].sort((a, b) =>
    (mailboxes.get(a) ?? a).localeCompare(mailboxes.get(b) ?? b),
  );
  const cells = new Map<string, Cell>(plan.days.map((one) => [`${one.day} ${one.email_account_id}`, one]));
  const today = dayIn(new Date(), zone);
  const scroller = useRef<HTMLDivElement>(null);
  // A long plan begins at yesterday, not at what is over.
  useEffect(() => {
    const head = scroller.current?.querySelector<HTMLElement>('[aria-current=date]');
    const name = scroller.current?.querySelector<HTMLElement>('thead th');
    if (scroller.current && head && name)
      scroller.current.scrollLeft = head.offsetLeft - name.offsetWidth - head.offsetWidth;
  }, [days.length]);
  const top = Math.max(1, ...plan.days.map((one) => Math.max(one.planned, one.sent)));
  return (
    <div className="space-y-4">
      <PlanFacts plan={plan} zone={zone} />
      {plan.problem && (
        <Notice tone="held" title={days.length === 0 ? 'No plan yet' : 'This plan does not work out'}>
          {plan.problem}
        </Notice>
      )}
      {days.length === 0 ? (
        <p className={cn('py-4 text-ink-2', plan.problem && 'hidden')}>
          Nothing is planned: nobody is left to write to, or no hour is open.
        </p>
      ) : (
        <div ref={scroller} className="scroll-slim relative overflow-x-auto pb-1">
          <table
            className="border-separate border-spacing-[2px]"
            aria-label="Planned messages by day and mailbox"
          >
            <thead>
              <tr>
                <th scope="col" className="sticky left-0 z-10 bg-panel">
                  <span className="sr-only">Mailbox</span>
                </th>
                {days.map((day, position) => (
                  <DayHead
                    key={day}
                    day={day}
                    monthBefore={days[position - 1]?.slice(0, 7) ?? ''}
                    today={day === today}
                  />
                ))}
              </tr>
            </thead>
            <tbody>
              {boxes.map((box) => (
                <tr key={box}>
                  <th
                    scope="row"
                    className="sticky left-0 z-10 max-w-44 truncate bg-panel max-sm:max-w-28 pr-3 text-left text-xs font-normal text-ink-2"
                  >
                    {mailboxes.get(box) ?? 'A mailbox'}
                  </th>
                  {days.map((day) => (
                    <DayCell
                      key={day}
                      day={day}
                      box={box}
                      cell={cells.get(`${day} ${box}`)}
                      top={top}
                      plan={plan}
                      zone={zone}
                      name={mailboxes.get(box) ?? ''}
                    />
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
          <p className="mt-2 text-xs text-ink-3">Days and times are those of the campaign, {zone}.</p>
        </div>
      )}
    </div>
  );
}

/** From the first to the last day without a gap: a day off shows as one. */
export function everyDay(days: readonly string[]): string[] {
  const sorted = [...days].sort();
  const first = sorted[0];
  const last = sorted.at(-1);
  if (!first || !last) return [];
  const all: string[] = [];
  for (let at = Date.parse(`${first}T00:00:00Z`); at <= Date.parse(`${last}T00:00:00Z`); at += 86_400_000)
    all.push(new Date(at).toISOString().slice(0, 10));
  return all;
}

function DayHead({ day, monthBefore, today }: { day: string; monthBefore: string; today: boolean }) {
  const date = new Date(`${day}T00:00:00Z`);
  const weekend = date.getUTCDay() === 0 || date.getUTCDay() === 6;
  const newMonth = day.slice(0, 7) !== monthBefore;
  return (
    <th
      scope="col"
      aria-current={today ? 'date' : undefined}
      className={cn('min-w-8 text-2xs font-normal text-ink-3', today && 'font-semibold text-ink')}
    >
      <span className="relative block h-4 text-left">
        {newMonth && <span className="absolute whitespace-nowrap">{dayWords(day).split(' ')[1]}</span>}
      </span>
      <span className={cn(!weekend && !today && 'text-ink-2')}>
        {'SMTWTFS'[date.getUTCDay()]} {date.getUTCDate()}
      </span>
    </th>
  );
}

interface DayCellProps {
  day: string;
  box: string;
  cell: Cell | undefined;
  top: number;
  plan: Simulation;
  zone: string;
  name: string;
}

function DayCell(props: DayCellProps) {
  const { day, box, cell, top, name } = props;
  const { planned = 0, sent = 0 } = cell ?? {};
  const popover = useRowPopover(`plan ${box} ${day}`, {
    label: `${dayWords(day)}, ${name}`,
    className: 'w-80',
    children: <DayMessages {...props} />,
  });
  if (planned === 0 && sent === 0) return <td className="h-7 min-w-8 rounded-[3px] bg-sunken" />;
  const all = Math.max(planned, sent);
  const strength = 18 + Math.round((all / top) * 32);
  return (
    <td className="p-0">
      <button
        type="button"
        {...popover}
        title={`${name}, ${dayWords(day)}: ${sent ? `${sent} sent of ` : ''}${all} planned`}
        className="relative block h-7 w-full min-w-8 overflow-hidden rounded-[3px] text-2xs hover:outline hover:outline-accent"
        style={{ background: `color-mix(in oklch, var(--sending) ${strength}%, var(--panel))` }}
      >
        {sent > 0 && (
          <span
            aria-hidden
            className="absolute inset-x-0 bottom-0 h-1 bg-sending"
            style={{ width: `${(sent / all) * 100}%` }}
          />
        )}
        <span className="relative">{all}</span>
      </button>
    </td>
  );
}

/** Who, which step and at what minute. */
function DayMessages({ day, box, cell, plan, zone, name }: DayCellProps) {
  const { planned = 0, sent = 0 } = cell ?? {};
  const messages = plan.messages.filter(
    (one) => one.email_account_id === box && dayIn(one.planned_at, zone) === day,
  );
  return (
    <>
      <p className="font-medium">
        {dayWords(day)} · {name}
      </p>
      <p className="text-xs text-ink-2">
        {plural(planned, 'message')} planned{sent > 0 && `, ${count(sent)} sent`}
      </p>
      {messages.length > 0 && (
        <ol className="scroll-slim mt-2 max-h-64 divide-y overflow-y-auto">
          {messages.slice(0, LISTED).map((one) => (
            <li key={`${one.lead_id}${one.step}`} className="flex gap-2 py-1 text-xs">
              <time
                dateTime={one.planned_at}
                title={fullTime(one.planned_at)}
                className="shrink-0 text-ink-3"
              >
                {clockIn(one.planned_at, zone)}
              </time>
              <span className="min-w-0 flex-1 truncate">{one.email}</span>
              <span className="shrink-0 text-ink-3">step {one.step}</span>
            </li>
          ))}
          {messages.length > LISTED && (
            <li className="py-1 text-xs text-ink-3">and {count(messages.length - LISTED)} more</li>
          )}
        </ol>
      )}
    </>
  );
}

/** What sets the pace, where the word for one message would not say it of the whole. */
const PACE: Record<string, string> = {
  waiting_delay: 'the delays between the steps',
  mailbox_cap: "the mailboxes' daily limits",
  mailbox_gap: 'the gap between messages',
  outside_window: 'the open hours',
  new_lead_cap: 'the cap on new people',
  campaign_cap: 'the daily cap',
  ramp: "the mailboxes' ramp",
  company_cap: 'the cap per company',
  domain_cap: "the sending domain's daily limit",
  provider_cap: "the provider's limit",
  mailbox_absent: 'days on which mailboxes are away',
  outside_workday: "the mailboxes' own hours",
  recipient_hours: "the recipients' working hours",
  holiday: 'holidays',
};

/** The plan in a few facts: how much, until when, and what it hangs on. */
function PlanFacts({ plan, zone }: { plan: Simulation; zone: string }) {
  if (plan.total === 0 && plan.beyond === 0) return null;
  const factor = plan.limiting_factor;
  const facts = [
    {
      name: 'Messages to go',
      value: count(plan.total + plan.beyond),
      note: 'if nobody replies',
      title: undefined,
    },
    plan.until && {
      name: 'Beyond this calendar',
      value: count(plan.beyond),
      title: fullTime(plan.until),
      note: plan.beyond_ends_at
        ? `after ${dayWords(dayIn(plan.until, zone))}; at this pace until about ${dayWords(dayIn(plan.beyond_ends_at, zone))}`
        : `after ${dayWords(dayIn(plan.until, zone))}`,
    },
    plan.last_first_mail_at && {
      name: 'Last first mail',
      value: when(plan.last_first_mail_at, new Date(), zone),
      title: fullTime(plan.last_first_mail_at),
      note: 'then everybody has been written to',
    },
    plan.last_follow_up_at && {
      name: 'Finished',
      value: when(plan.last_follow_up_at, new Date(), zone),
      title: fullTime(plan.last_follow_up_at),
      note: 'with the last follow-up',
    },
    factor !== 'none' && {
      name: 'Limited by',
      value: PACE[factor] ?? remedyFor(factor).words,
      note: plan.idle_capacity > 0 ? `room for ${count(plan.idle_capacity)} more until then` : '',
      title: undefined,
    },
  ].filter((fact) => typeof fact === 'object' && fact !== null);
  return (
    <dl className="grid grid-cols-2 gap-x-6 gap-y-3 lg:flex lg:flex-wrap lg:gap-x-10">
      {facts.map(({ name, value, note, title }) => (
        <div key={name} className="min-w-0" title={title}>
          <dt className="text-xs text-ink-3">{name}</dt>
          <dd className="font-semibold first-letter:uppercase">{value}</dd>
          {note && <dd className="text-xs text-ink-2">{note}</dd>}
        </div>
      ))}
    </dl>
  );
}
