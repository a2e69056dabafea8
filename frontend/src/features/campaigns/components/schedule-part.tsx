'use client';
import { useState, type ReactNode } from 'react';

import { Field } from '@/components/forms/field';
import { HoursGrid } from '@/components/forms/hours-grid';
import { ZoneOptions } from '@/components/forms/zone-options';
import { Panel } from '@/components/ui/card';
import { Switch } from '@/components/ui/checkbox';
import { Input, Select } from '@/components/ui/input';
import { SaveSign } from '@/components/ui/save-sign';
import { useAutosave } from '@/hooks/use-autosave';
import type { Schema } from '@/lib/client';
import { count, plural } from '@/lib/format';
import { windowsInWords } from '@/lib/week';

import type { Campaign } from '../api/list-campaigns';
import { useUpdateCampaign, type CampaignPatch } from '../api/update-campaign';
import { capacity, daysOfFirstMails, readSchedule, type Schedule } from '../model';

type Settings = Schema<'CampaignSettings'>;
type Box = {
  id: string;
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
  renderMailboxes: (chosen: readonly string[], onChange: (ids: string[]) => void) => ReactNode;
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
  function put(change: CampaignPatch): void {
    const known = campaign.send_schedule;
    autosave.put({
      email_account_ids: chosen,
      // What this page does not know of (holidays) stays in the schedule.
      send_schedule: { ...known, ...schedule },
      ...caps,
      settings,
      ...change,
    });
  }
  const changeSchedule = (next: Schedule) => {
    setSchedule(next);
    const { start_date: _start, end_date: _end, ...rest } = campaign.send_schedule;
    put({ send_schedule: { ...rest, ...next } });
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
            <SaveSign state={autosave.state} error={autosave.error} onRetry={() => void autosave.flush()} />
          }
          bodyClassName="p-0"
        >
          {renderMailboxes(chosen, (ids) => {
            setChosen(ids);
            put({ email_account_ids: ids });
          })}
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

type Flag = 'track_opens' | 'track_clicks' | 'stop_on_reply' | 'recipient_hours' | 'text_only';

const FLAGS: { key: Flag; label: string; hint: string }[] = [
  { key: 'stop_on_reply', label: 'Stop on reply', hint: 'Who replies gets no follow-up' },
  {
    key: 'track_opens',
    label: 'Track opens',
    hint: 'By a small picture in the mail; opens by machines are shown apart',
  },
  { key: 'track_clicks', label: 'Track clicks', hint: 'Links lead through your own domain' },
  {
    key: 'recipient_hours',
    label: "Keep to the recipient's working hours",
    hint: '9:00 to 17:00 there, where the time zone is known',
  },
  { key: 'text_only', label: 'Plain text only', hint: 'No formatting, no tracking picture' },
];

function Rules({
  settings,
  readOnly,
  onChange,
}: {
  settings: Settings;
  readOnly: boolean;
  onChange: (settings: Settings) => void;
}) {
  return (
    <div className="divide-y">
      {FLAGS.map(({ key, label, hint }) => (
        <label key={key} className="flex items-center justify-between gap-4 px-4 py-2.5">
          <span>
            <span className="block">{label}</span>
            <span className="block text-xs text-ink-3">{hint}</span>
          </span>
          <Switch
            checked={settings[key]}
            disabled={readOnly}
            onCheckedChange={(on) => onChange({ ...settings, [key]: on })}
          />
        </label>
      ))}
      <div className="grid gap-x-3 gap-y-4 px-4 py-3 sm:grid-cols-2">
        <Field label="When somebody is away">
          {(control) => (
            <Select
              {...control}
              disabled={readOnly}
              value={settings.out_of_office}
              onChange={(event) =>
                onChange({ ...settings, out_of_office: event.target.value === 'ignore' ? 'ignore' : 'hold' })
              }
            >
              <option value="hold">Wait until they are back</option>
              <option value="ignore">Send as planned</option>
            </Select>
          )}
        </Field>
        <Field label="How people unsubscribe">
          {(control) => (
            <Select
              {...control}
              disabled={readOnly}
              value={settings.unsubscribe_form}
              onChange={(event) =>
                onChange({ ...settings, unsubscribe_form: event.target.value === 'reply' ? 'reply' : 'link' })
              }
            >
              <option value="link">By link or one click</option>
              <option value="reply">By replying “stop”</option>
            </Select>
          )}
        </Field>
        <Field label="Write to" className="sm:col-span-2">
          {(control) => (
            <Select
              {...control}
              disabled={readOnly}
              value={settings.mail_to}
              onChange={(event) =>
                onChange({ ...settings, mail_to: event.target.value as Settings['mail_to'] })
              }
            >
              <option value="deliverable">Deliverable addresses only</option>
              <option value="risky">Deliverable and risky addresses</option>
              <option value="unknown">All but undeliverable addresses</option>
            </Select>
          )}
        </Field>
      </div>
    </div>
  );
}
