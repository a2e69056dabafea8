'use client';
import { Plus, X } from 'lucide-react';
import { useState, type FormEvent } from 'react';

import { HoursGrid } from '@/components/forms/hours-grid';
import { Button } from '@/components/ui/button';
import { Switch } from '@/components/ui/checkbox';
import { Input } from '@/components/ui/input';
import { toast, toastError } from '@/components/ui/toast';
import { useUnsaved } from '@/hooks/use-unsaved';
import { isWholeWeek, OFFICE_WEEK, WHOLE_WEEK, windowsInWords, type Windows } from '@/lib/week';

import { useUpdateMailbox, type MailboxPatch } from '../api/change-mailbox';
import type { Mailbox } from '../api/list-mailboxes';

interface Absence {
  start: string;
  end: string;
}

interface Availability {
  limited: boolean;
  windows: Windows;
  absences: Absence[];
}

function readAvailability(mailbox: Mailbox): Availability {
  const limited = !isWholeWeek(mailbox.workday);
  return {
    limited,
    windows: limited ? (mailbox.workday ?? {}) : OFFICE_WEEK,
    absences: [...mailbox.absences].sort((a, b) => a.start.localeCompare(b.start)),
  };
}

/** What has to be put right before it can be saved, by its place. */
export function faultsOf({ limited, windows, absences }: Availability): Record<string, string> {
  const faults: Record<string, string> = {};
  if (limited && !Object.values(windows).some((spans) => spans.length > 0))
    faults.windows = 'Open an hour, or switch the mailbox off.';
  absences.forEach(({ start, end }, at) => {
    if (!start || !end) faults[at] = 'Both days, please.';
    else if (end < start) faults[at] = 'The last day lies before the first.';
  });
  return faults;
}

/** When a mailbox works: its own hours of the week, and days away. Campaign hours hold besides. */
export function AvailabilityForm({ mailbox, readOnly }: { mailbox: Mailbox; readOnly: boolean }) {
  const update = useUpdateMailbox();
  const [saved, setSaved] = useState(() => readAvailability(mailbox));
  const [value, setValue] = useState(saved);
  const [tried, setTried] = useState(false);
  const faults = tried ? faultsOf(value) : {};
  const change = (part: Partial<Availability>) => setValue((old) => ({ ...old, ...part }));
  const dirty = JSON.stringify(value) !== JSON.stringify(saved);
  useUnsaved(dirty && !readOnly);

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    setTried(true);
    if (Object.keys(faultsOf(value)).length > 0) return;
    const workday = (value.limited ? value.windows : WHOLE_WEEK) as MailboxPatch['workday'];
    try {
      await update.mutateAsync({ id: mailbox.id, patch: { workday, absences: value.absences } });
      setSaved(value);
      setTried(false);
      toast.success('Saved');
    } catch (error) {
      toastError(error);
    }
  }

  return (
    <form noValidate onSubmit={(event) => void submit(event)} className="space-y-4 border-t pt-5">
      <label className="flex items-start justify-between gap-4">
        <span>
          <span className="block">Own working hours</span>
          <span className="block text-xs text-ink-3">
            {value.limited
              ? `Sends ${windowsInWords(value.windows)}, ${mailbox.timezone}, and only when the campaign may`
              : 'Sends at any hour its campaigns allow'}
          </span>
        </span>
        <Switch
          checked={value.limited}
          disabled={readOnly}
          onCheckedChange={(limited) => change({ limited })}
          className="mt-0.5"
        />
      </label>
      {value.limited && (
        <HoursGrid
          label="Working hours of this mailbox"
          windows={value.windows}
          readOnly={readOnly}
          onChange={(windows) => change({ windows })}
        />
      )}
      {faults.windows && (
        <p role="alert" className="text-xs text-bounced">
          {faults.windows}
        </p>
      )}
      <Absences
        absences={value.absences}
        faults={faults}
        readOnly={readOnly}
        onChange={(absences) => change({ absences })}
      />
      {!readOnly && (
        <Button type="submit" variant="primary" disabled={!dirty} loading={update.isPending}>
          Save hours
        </Button>
      )}
    </form>
  );
}

function Absences({
  absences,
  faults,
  readOnly,
  onChange,
}: {
  absences: readonly Absence[];
  faults: Record<string, string>;
  readOnly: boolean;
  onChange: (absences: Absence[]) => void;
}) {
  const set = (at: number, part: Partial<Absence>) =>
    onChange(absences.map((one, position) => (position === at ? { ...one, ...part } : one)));
  return (
    <fieldset className="space-y-2" disabled={readOnly}>
      <legend>Days away</legend>
      <p className="text-xs text-ink-3">
        Nothing is sent from the first to the last day. Replies are still read.
      </p>
      {absences.length === 0 && readOnly && <p className="text-ink-2">None planned.</p>}
      {absences.map((one, at) => (
        // The place in the list is all an absence is known by.
        <div key={at}>
          <div className="flex items-center gap-2">
            <Input
              type="date"
              aria-label={`First day away, ${at + 1}`}
              aria-invalid={Boolean(faults[at])}
              value={one.start}
              onChange={(event) => set(at, { start: event.target.value })}
              className="max-w-40"
            />
            <span className="text-ink-3">to</span>
            <Input
              type="date"
              aria-label={`Last day away, ${at + 1}`}
              aria-invalid={Boolean(faults[at])}
              min={one.start}
              value={one.end}
              onChange={(event) => set(at, { end: event.target.value })}
              className="max-w-40"
            />
            {!readOnly && (
              <Button
                variant="ghost"
                size="icon-sm"
                aria-label={`Remove days away, ${at + 1}`}
                onClick={() => onChange(absences.filter((_, position) => position !== at))}
              >
                <X aria-hidden />
              </Button>
            )}
          </div>
          {faults[at] && (
            <p role="alert" className="mt-1 text-xs text-bounced">
              {faults[at]}
            </p>
          )}
        </div>
      ))}
      {!readOnly && (
        <Button size="sm" onClick={() => onChange([...absences, { start: '', end: '' }])}>
          <Plus aria-hidden /> Add days away
        </Button>
      )}
    </fieldset>
  );
}
