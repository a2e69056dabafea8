'use client';
import { useState, type ReactNode } from 'react';

import { Field } from '@/components/forms/field';
import { HoursGrid } from '@/components/forms/hours-grid';
import { ZoneOptions } from '@/components/forms/zone-options';
import { Panel } from '@/components/ui/card';
import { Input, Select } from '@/components/ui/input';
import { SaveSign } from '@/components/ui/save-sign';
import { useAutosave } from '@/hooks/use-autosave';
import type { Schema } from '@/lib/client';
import { count, plural } from '@/lib/format';
import { windowsInWords } from '@/lib/week';

import type { Campaign } from '../api/list-campaigns';
import { useUpdateCampaign, type CampaignPatch } from '../api/update-campaign';
import { capacity, daysOfFirstMails, readSchedule, type Schedule } from '../model';
import { Rules } from './campaign-rules';
import {
  MailboxShare,
  savableWeights,
  SpreadChoice,
  useSpread,
  type Spread,
  type SpreadBox,
} from './mailbox-spread';

type Settings = Schema<'CampaignSettings'>;
type Box = SpreadBox & {
  effective_limit_today: number;
  daily_limit: number;
  min_gap_seconds: number;
  gap_jitter_seconds: number;
};

/** Mailboxes, hours, caps and rules of a campaign; saved as they are changed. Mount with `key={campaign.id}`. */
export function SchedulePart({
  campaign,
  mailboxes,
  renderMailboxes,
  readOnly,
}: {
  campaign: Campaign;
  mailboxes: readonly Box[];
  /** The list to choose from belongs to another room. */
  renderMailboxes: (
    chosen: readonly string[],
    onChange: (ids: string[]) => void,
    /** What stands beside a chosen one. */
    aside: (id: string) => ReactNode,
  ) => ReactNode;
  readOnly: boolean;
}) {
  const [chosen, setChosen] = useState<string[]>(campaign.email_account_ids);
  const [schedule, setSchedule] = useState<Schedule>(() => readSchedule(campaign.send_schedule));
  const [caps, setCaps] = useState({
    daily_cap: campaign.daily_cap,
    new_leads_cap: campaign.new_leads_cap,
    company_cap: campaign.company_cap,
  });
  const [settings, setSettings] = useState<Settings>(campaign.settings);
  const update = useUpdateCampaign(campaign.id);
  const autosave = useAutosave<CampaignPatch>({ save: (patch) => update.mutateAsync(patch) });
  const [spread, setSpread] = useSpread(campaign.email_account_weights);
  function put(change: CampaignPatch, ids = chosen, shared = spread): void {
    // What this page does not know of (holidays) stays in the schedule; a date taken out does not.
    const { start_date: _start, end_date: _end, ...known } = campaign.send_schedule;
    const weights = savableWeights(shared, ids);
    autosave.put({
      email_account_ids: [...ids],
      ...(weights ? { email_account_weights: weights } : {}),
      send_schedule: { ...known, ...schedule },
      ...caps,
      settings,
      ...change,
    });
  }
  const changeSchedule = (next: Schedule) => {
    setSchedule(next);
    const { start_date: _start, end_date: _end, ...known } = campaign.send_schedule;
    put({ send_schedule: { ...known, ...next } });
  };
  const changeSpread = (next: Spread) => {
    setSpread(next);
    // A faulty weight is saved as well, as nothing said of weights: half of what was typed must not be.
    put({}, chosen, next);
  };
  const changeCaps = (next: typeof caps) => {
    setCaps(next);
    put(next);
  };
  const changeSettings = (next: Settings) => {
    setSettings(next);
    put({ settings: next });
  };
  const active = mailboxes.filter((box) => chosen.includes(box.id));
  return (
    <div className="grid gap-4 xl:grid-cols-2">
      <div className="min-w-0 space-y-4">
        <Panel
          title="Mailboxes"
          description="People are spread over them; each person keeps one sender"
          action={
            chosen.length > 0 && !savableWeights(spread, chosen) ? (
              <span className="text-xs text-bounced">Correct the weights below</span>
            ) : (
              <SaveSign state={autosave.state} error={autosave.error} onRetry={() => void autosave.flush()} />
            )
          }
          bodyClassName="p-0"
        >
          {renderMailboxes(
            chosen,
            (ids) => {
              setChosen(ids);
              put({}, ids);
            },
            (id) => {
              const box = active.find((one) => one.id === id);
              return (
                box && <MailboxShare {...{ box, spread, readOnly }} boxes={active} onChange={changeSpread} />
              );
            },
          )}
          {mailboxes.length > 0 && (
            <SpreadChoice
              {...{ spread, readOnly }}
              boxes={active}
              running={campaign.status === 'active'}
              matchProvider={settings.match_provider}
              onChange={changeSpread}
              onMatchProvider={(on) => changeSettings({ ...settings, match_provider: on })}
            />
          )}
        </Panel>
        <Panel title="Hours">
          <HoursGrid
            windows={schedule.windows}
            readOnly={readOnly}
            onChange={(windows) => changeSchedule({ ...schedule, windows })}
          />
          <ZoneAndDates schedule={schedule} readOnly={readOnly} onChange={changeSchedule} />
        </Panel>
      </div>
      <div className="min-w-0 space-y-4">
        <Panel title="Capacity">
          <CapacityWords schedule={schedule} boxes={active} caps={caps} people={campaign.progress.total} />
        </Panel>
        <Panel title="Daily caps" description="Empty means no cap. The limits of the mailboxes always hold.">
          <Caps caps={caps} readOnly={readOnly} onChange={changeCaps} />
        </Panel>
        <Panel title="Rules" bodyClassName="p-0">
          <Rules settings={settings} readOnly={readOnly} onChange={changeSettings} />
        </Panel>
      </div>
    </div>
  );
}

function ZoneAndDates({
  schedule,
  readOnly,
  onChange,
}: {
  schedule: Schedule;
  readOnly: boolean;
  onChange: (schedule: Schedule) => void;
}) {
  const date = (key: 'start_date' | 'end_date') => (value: string) => {
    const next = { ...schedule };
    if (value) next[key] = value;
    else delete next[key];
    onChange(next);
  };
  return (
    <div className="mt-4 grid gap-3 sm:grid-cols-3">
      <Field label="Time zone">
        {(control) => (
          <Select
            {...control}
            value={schedule.timezone}
            disabled={readOnly}
            onChange={(event) => onChange({ ...schedule, timezone: event.target.value })}
          >
            <ZoneOptions />
          </Select>
        )}
      </Field>
      <Field label="Not before" optional>
        {(control) => (
          <Input
            {...control}
            type="date"
            disabled={readOnly}
            value={schedule.start_date ?? ''}
            onChange={(event) => date('start_date')(event.target.value)}
          />
        )}
      </Field>
      <Field label="Not after" optional>
        {(control) => (
          <Input
            {...control}
            type="date"
            disabled={readOnly}
            value={schedule.end_date ?? ''}
            onChange={(event) => date('end_date')(event.target.value)}
          />
        )}
      </Field>
    </div>
  );
}

function CapacityWords({
  schedule,
  boxes,
  caps,
  people,
}: {
  schedule: Schedule;
  boxes: readonly Box[];
  caps: CapsValue;
  people: number;
}) {
  const { perDay, days, limit } = capacity(schedule.windows, boxes, caps.daily_cap);
  const sendingDays = daysOfFirstMails(people, perDay, caps.new_leads_cap);
  if (limit === 'nothing')
    return (
      <p className="text-held">
        {boxes.length === 0
          ? 'No mailbox is chosen, so nothing can go out.'
          : 'No hour is open, so nothing can go out.'}
      </p>
    );
  const because = {
    mailboxes: "the mailboxes' daily limits",
    window: 'the open hours and the gap between messages',
    cap: "this campaign's daily cap",
    nothing: '',
  }[limit];
  return (
    <div>
      <p>
        <span className="text-xl font-semibold">{count(perDay)}</span>{' '}
        <span className="text-ink-2">messages a day at most, {count(perDay * days)} a week</span>
      </p>
      <p className="mt-1 text-ink-2">
        {windowsInWords(schedule.windows)}, {schedule.timezone}, from{' '}
        {plural(boxes.length, 'mailbox', 'mailboxes')}. Limited by {because}.
        {sendingDays > 0 &&
          ` First mails to ${plural(people, 'person', 'people')} take about ${plural(sendingDays, 'sending day')}.`}
      </p>
    </div>
  );
}

interface CapsValue {
  daily_cap: number | null;
  new_leads_cap: number | null;
  company_cap: number | null;
}

function Caps({
  caps,
  readOnly,
  onChange,
}: {
  caps: CapsValue;
  readOnly: boolean;
  onChange: (caps: CapsValue) => void;
}) {
  const fields: { key: keyof CapsValue; label: string; hint: string }[] = [
    { key: 'daily_cap', label: 'Messages', hint: 'first mails and follow-ups' },
    { key: 'new_leads_cap', label: 'New people', hint: 'first mails only' },
    { key: 'company_cap', label: 'Per company', hint: 'people at one domain' },
  ];
  return (
    <div className="grid gap-3 sm:grid-cols-3">
      {fields.map(({ key, label, hint }) => (
        <Field key={key} label={label} hint={hint}>
          {(control) => (
            <Input
              {...control}
              type="number"
              min={1}
              placeholder="no cap"
              disabled={readOnly}
              value={caps[key] ?? ''}
              onChange={(event) => {
                const value = Math.floor(Number(event.target.value));
                onChange({ ...caps, [key]: event.target.value === '' || value < 1 ? null : value });
              }}
            />
          )}
        </Field>
      ))}
    </div>
  );
}
