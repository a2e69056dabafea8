'use client';
import { Field } from '@/components/forms/field';
import { Switch } from '@/components/ui/checkbox';
import { Select } from '@/components/ui/input';
import type { Schema } from '@/lib/client';

type Settings = Schema<'CampaignSettings'>;
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

/** What holds for every message of the campaign. */
export function Rules({
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
        <Field label="When the mailbox of people in mid-sequence goes" className="sm:col-span-2">
          {(control) => (
            <Select
              {...control}
              disabled={readOnly}
              value={settings.sender_gone}
              onChange={(event) =>
                onChange({ ...settings, sender_gone: event.target.value as Settings['sender_gone'] })
              }
            >
              <option value="wait">They wait until somebody chooses</option>
              <option value="continue">They go on from another mailbox, as a new thread</option>
              <option value="stop">Their sequence ends</option>
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
