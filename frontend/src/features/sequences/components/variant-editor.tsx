'use client';
import { Trash2 } from 'lucide-react';
import { useState } from 'react';

import { MessageEditor } from '@/components/email/message-editor';
import { Button } from '@/components/ui/button';
import { Switch } from '@/components/ui/checkbox';
import { Confirm } from '@/components/ui/dialog';
import { Input } from '@/components/ui/input';
import { SaveSign } from '@/components/ui/save-sign';
import { toastError } from '@/components/ui/toast';
import { useAutosave } from '@/hooks/use-autosave';
import type { Schema } from '@/lib/client';

import { useDeleteVariant, useUpdateVariant, type VariantIn } from '../api/change-variants';
import type { Draft } from './step-editor';

/** One further wording of a step. Mount with `key={variant.id}`. */
export function VariantEditor({
  campaign,
  step,
  variant,
  followUp,
  customFields,
  readOnly,
  onDraft,
  onDeleted,
}: {
  campaign: string;
  step: string;
  variant: Schema<'VariantOut'>;
  followUp: boolean;
  customFields: readonly string[];
  readOnly: boolean;
  onDraft: (draft: Draft) => void;
  onDeleted: () => void;
}) {
  const [value, setValue] = useState<VariantIn>({
    subject_template: variant.subject_template,
    email_template: variant.email_template,
    weight: variant.weight,
    is_active: variant.is_active,
  });
  const update = useUpdateVariant(campaign);
  const remove = useDeleteVariant(campaign);
  const autosave = useAutosave<VariantIn>({
    save: (body) => update.mutateAsync({ step, variant: variant.id, body }),
  });
  function save(change: Partial<VariantIn>): void {
    const next = { ...value, ...change };
    setValue(next);
    autosave.put(next);
    onDraft({ step, variant: variant.label, subject: next.subject_template, body: next.email_template });
  }
  return (
    <>
      <div className="flex items-center gap-2 border-b px-3 py-1.5 text-ink-2">
        <label className="flex items-center gap-1.5">
          Weight
          <Input
            type="number"
            min={0}
            max={100}
            className="h-7 w-16"
            disabled={readOnly}
            value={value.weight}
            onChange={(event) =>
              save({ weight: Math.min(100, Math.max(0, Math.round(Number(event.target.value) || 0))) })
            }
          />
        </label>
        <label className="flex items-center gap-1.5">
          <Switch
            disabled={readOnly}
            checked={value.is_active}
            onCheckedChange={(is_active) => save({ is_active })}
          />
          on
        </label>
        <span className="flex-1" />
        <SaveSign state={autosave.state} error={autosave.error} onRetry={() => void autosave.flush()} />
        {!readOnly && (
          <Confirm
            trigger={
              <Button variant="ghost" size="icon-sm" aria-label={`Delete variant ${variant.label}`}>
                <Trash2 aria-hidden />
              </Button>
            }
            title={`Delete variant ${variant.label}?`}
            description="Those who already got it keep counting for it."
            action="Delete"
            danger
            onConfirm={async () => {
              try {
                await remove.mutateAsync({ step, variant: variant.id });
                onDeleted();
              } catch (error) {
                toastError(error);
                throw error;
              }
            }}
          />
        )}
      </div>
      <MessageEditor
        subject={value.subject_template}
        body={value.email_template}
        followUp={followUp}
        customFields={customFields}
        readOnly={readOnly}
        onSubject={(subject) => save({ subject_template: subject })}
        onBody={(body) => save({ email_template: body })}
      />
    </>
  );
}
