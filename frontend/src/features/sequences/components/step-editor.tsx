'use client';
import { TriangleAlert, Trash2 } from 'lucide-react';
import { useState } from 'react';

import { MessageEditor } from '@/components/email/message-editor';
import { Button } from '@/components/ui/button';
import { Checkbox, Switch } from '@/components/ui/checkbox';
import { Confirm } from '@/components/ui/dialog';
import { Input } from '@/components/ui/input';
import { SaveSign } from '@/components/ui/save-sign';
import { toastError } from '@/components/ui/toast';
import { useAutosave } from '@/hooks/use-autosave';
import { plural } from '@/lib/format';

import { useDeleteStep, useUpdateStep, type StepPatch } from '../api/change-steps';
import type { Step } from '../api/list-sequences';
import { VariantTabs } from './variant-tabs';
import { VariantEditor } from './variant-editor';

export interface Draft {
  step: string;
  variant: string;
  subject: string;
  body: string;
}

export interface StepEditorProps {
  campaign: string;
  step: Step;
  position: number;
  customFields: readonly string[];
  readOnly: boolean;
  /** The words as they stand, saved or not: the preview shows these. */
  onDraft: (draft: Draft) => void;
}

/** One step: when it goes, and its words in one or more variants. Mount with `key={step.id}`. */
export function StepEditor(props: StepEditorProps) {
  const { campaign, step, position, customFields, readOnly, onDraft } = props;
  const [variant, setVariant] = useState('A');
  const [words, setWords] = useState({ subject: step.subject_template, body: step.email_template });
  const [timing, setTiming] = useState({
    delay_days: step.delay_days,
    delay_hours: step.delay_hours,
    working_days_only: step.working_days_only,
    is_active: step.is_active,
  });
  const update = useUpdateStep(campaign);
  const autosave = useAutosave<StepPatch>({
    save: (patch) => update.mutateAsync({ id: step.id, patch }),
  });
  function save(next: { words?: typeof words; timing?: typeof timing }): void {
    const now = { words, timing, ...next };
    setWords(now.words);
    setTiming(now.timing);
    autosave.put({
      subject_template: now.words.subject,
      email_template: now.words.body,
      ...now.timing,
    });
    if (next.words) onDraft({ step: step.id, variant: 'A', ...next.words });
  }
  function pick(label: string): void {
    setVariant(label);
    const other = step.variants.find((one) => one.label === label);
    const shown = other
      ? { subject: other.subject_template, body: other.email_template }
      : { subject: words.subject, body: words.body };
    onDraft({ step: step.id, variant: label, ...shown });
  }
  const chosen = step.variants.find((one) => one.label === variant);
  return (
    <div className="flex min-h-0 flex-col rounded-lg border bg-panel">
      <Timing
        position={position}
        timing={timing}
        readOnly={readOnly}
        onChange={(next) => save({ timing: next })}
        end={
          <>
            <SaveSign state={autosave.state} error={autosave.error} onRetry={() => void autosave.flush()} />
            {!readOnly && <DeleteStep campaign={campaign} step={step} position={position} />}
          </>
        }
      />
      <VariantTabs
        campaign={campaign}
        step={step}
        words={words}
        current={chosen ? variant : 'A'}
        onPick={pick}
        readOnly={readOnly}
      />
      {chosen ? (
        <VariantEditor
          key={chosen.id}
          campaign={campaign}
          step={step.id}
          variant={chosen}
          followUp={position > 0}
          customFields={customFields}
          readOnly={readOnly}
          onDraft={onDraft}
          onDeleted={() => pick('A')}
        />
      ) : (
        <MessageEditor
          subject={words.subject}
          body={words.body}
          followUp={position > 0}
          customFields={customFields}
          readOnly={readOnly}
          onSubject={(subject) => save({ words: { ...words, subject } })}
          onBody={(body) => save({ words: { ...words, body } })}
        />
      )}
      <Problems step={step} />
    </div>
  );
}

interface TimingValue {
  delay_days: number;
  delay_hours: number;
  working_days_only: boolean;
  is_active: boolean;
}

function Timing({
  position,
  timing,
  readOnly,
  onChange,
  end,
}: {
  position: number;
  timing: TimingValue;
  readOnly: boolean;
  onChange: (timing: TimingValue) => void;
  end: React.ReactNode;
}) {
  const number = (value: string, top: number) => Math.min(top, Math.max(0, Math.round(Number(value) || 0)));
  return (
    <div className="flex min-h-12 flex-wrap items-center gap-x-3 gap-y-2 border-b px-3 py-2">
      {position === 0 ? (
        <span className="text-ink-2">Goes out when the schedule allows it</span>
      ) : (
        <span className="flex flex-wrap items-center gap-1.5 text-ink-2">
          <span>After</span>
          <Input
            type="number"
            min={0}
            max={365}
            aria-label="Days"
            className="h-7 w-14"
            disabled={readOnly}
            value={timing.delay_days}
            onChange={(event) => onChange({ ...timing, delay_days: number(event.target.value, 365) })}
          />
          <span>days</span>
          <Input
            type="number"
            min={0}
            max={23}
            aria-label="Hours"
            className="h-7 w-14"
            disabled={readOnly}
            value={timing.delay_hours}
            onChange={(event) => onChange({ ...timing, delay_hours: number(event.target.value, 23) })}
          />
          <span>hours without an answer</span>
          <label className="ml-2 flex items-center gap-1.5">
            <Checkbox
              disabled={readOnly}
              checked={timing.working_days_only}
              onCheckedChange={(on) => onChange({ ...timing, working_days_only: on === true })}
            />
            working days only
          </label>
        </span>
      )}
      <label className="flex items-center gap-1.5 text-ink-2">
        <Switch
          disabled={readOnly}
          checked={timing.is_active}
          onCheckedChange={(is_active) => onChange({ ...timing, is_active })}
        />
        on
      </label>
      <span className="flex-1" />
      {end}
    </div>
  );
}

function DeleteStep({ campaign, step, position }: { campaign: string; step: Step; position: number }) {
  const remove = useDeleteStep(campaign);
  return (
    <Confirm
      trigger={
        <Button variant="ghost" size="icon-sm" aria-label={`Delete step ${position + 1}`}>
          <Trash2 aria-hidden />
        </Button>
      }
      title={`Delete step ${position + 1}?`}
      description={
        step.sends > 0
          ? `${plural(step.sends, 'message')} went out from it, so it is switched off and its figures stay.`
          : 'Its words are gone for good.'
      }
      action="Delete"
      danger
      onConfirm={() =>
        remove.mutateAsync(step.id).catch((error: unknown) => {
          toastError(error);
          throw error;
        })
      }
    />
  );
}

function Problems({ step }: { step: Step }) {
  const facts = [
    step.forms > 1 && `${plural(step.forms, 'different text')} from spintax`,
    step.sends > 0 && `${plural(step.sends, 'message')} sent from this step; edits change only those to come`,
  ].filter(Boolean);
  if (step.problems.length === 0 && facts.length === 0) return null;
  return (
    <div className="space-y-1 border-t px-3 py-2 text-xs">
      {step.problems.map((problem) => (
        <p key={problem} className="flex gap-1.5 text-held">
          <TriangleAlert className="mt-0.5 size-3.5 shrink-0" aria-hidden />
          {problem}
        </p>
      ))}
      {facts.length > 0 && <p className="text-ink-3">{facts.join(' · ')}</p>}
    </div>
  );
}
