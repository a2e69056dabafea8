'use client';
import { PenLine, Plus } from 'lucide-react';
import { useState, type ReactNode } from 'react';

import { Button } from '@/components/ui/button';
import { EmptyState, ErrorState, SkeletonRows } from '@/components/ui/states';
import { toastError } from '@/components/ui/toast';
import { useUrlState } from '@/hooks/use-url-state';

import { useAddStep, useReorderSteps } from '../api/change-steps';
import { useSteps, type Step } from '../api/list-sequences';
import { starterFor } from '../starter';
import { StepEditor, type Draft } from './step-editor';
import { StepList } from './step-list';

/** Steps on the left, the words in the middle; what is beside them is the caller's (a preview). */
export function SequenceEditor({
  campaign,
  customFields,
  readOnly,
  renderPreview,
}: {
  campaign: string;
  customFields: readonly string[];
  readOnly: boolean;
  renderPreview: (draft: Draft) => ReactNode;
}) {
  const steps = useSteps(campaign);
  if (steps.isPending) return <SkeletonRows rows={5} className="rounded-lg border bg-panel" />;
  if (steps.isLoadingError) return <ErrorState error={steps.error} onRetry={() => void steps.refetch()} />;
  return <Loaded {...{ campaign, customFields, readOnly, renderPreview }} steps={steps.data} />;
}

function Loaded({
  campaign,
  customFields,
  readOnly,
  renderPreview,
  steps,
}: {
  campaign: string;
  customFields: readonly string[];
  readOnly: boolean;
  renderPreview: (draft: Draft) => ReactNode;
  steps: readonly Step[];
}) {
  const [wanted, setWanted] = useUrlState('step');
  const add = useAddStep(campaign);
  const reorder = useReorderSteps(campaign);
  const [draft, setDraft] = useState<Draft | null>(null);
  // By its number (links from the check) or by its id (picked here).
  const current =
    steps.find((one) => one.id === wanted) ??
    steps.find((one) => String(one.sequence_number) === wanted) ??
    steps[0];
  async function addStep(): Promise<void> {
    try {
      const first = steps.length === 0;
      const starter = starterFor(navigator.languages);
      const made = await add.mutateAsync({
        subject_template: '',
        email_template: first ? starter.first : starter.followUp,
        delay_days: first ? 0 : 3,
        working_days_only: !first,
      });
      setWanted(made.id);
    } catch (error) {
      toastError(error);
    }
  }
  function move(id: string, by: -1 | 1): void {
    const ids = steps.map((one) => one.id);
    const at = ids.indexOf(id);
    const other = ids[at + by];
    if (other === undefined) return;
    ids[at + by] = id;
    ids[at] = other;
    reorder.mutate(ids, { onError: toastError });
  }
  const list = (
    <StepList
      steps={steps}
      current={current?.id ?? null}
      onPick={setWanted}
      onAdd={() => void addStep()}
      onMove={move}
      adding={add.isPending}
      readOnly={readOnly}
    />
  );
  if (!current)
    return (
      <div className="rounded-lg border bg-panel">
        <EmptyState
          icon={PenLine}
          title="No message yet"
          action={
            !readOnly && (
              <Button variant="primary" loading={add.isPending} onClick={() => void addStep()}>
                <Plus aria-hidden /> Write the first message
              </Button>
            )
          }
        >
          Write the first message, then follow-ups. They stop by themselves when somebody replies.
        </EmptyState>
      </div>
    );
  const shown: Draft =
    draft?.step === current.id
      ? draft
      : { step: current.id, variant: 'A', subject: current.subject_template, body: current.email_template };
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-4 lg:grid-cols-[13rem_minmax(0,1fr)] xl:grid-cols-[12.5rem_minmax(0,1.3fr)_minmax(0,1fr)]">
      {list}
      <StepEditor
        key={current.id}
        campaign={campaign}
        step={current}
        position={steps.indexOf(current)}
        customFields={customFields}
        readOnly={readOnly}
        onDraft={setDraft}
      />
      <div className="min-w-0 lg:col-start-2 xl:col-start-3">{renderPreview(shown)}</div>
    </div>
  );
}
