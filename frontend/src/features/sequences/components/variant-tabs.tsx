'use client';
import { Plus } from 'lucide-react';

import { Button } from '@/components/ui/button';
import { toastError } from '@/components/ui/toast';
import { cn } from '@/lib/cn';

import { useAddVariant } from '../api/change-variants';
import type { Step } from '../api/list-sequences';

/** The step's own words are A; B and on are tried beside them, by weight. */
export function VariantTabs({
  campaign,
  step,
  words,
  current,
  onPick,
  readOnly,
}: {
  campaign: string;
  step: Step;
  words: { subject: string; body: string };
  current: string;
  onPick: (label: string) => void;
  readOnly: boolean;
}) {
  const add = useAddVariant(campaign);
  if (readOnly && step.variants.length === 0) return null;
  const labels = ['A', ...step.variants.map((one) => one.label)];
  async function another(): Promise<void> {
    try {
      const made = await add.mutateAsync({
        step: step.id,
        body: {
          subject_template: words.subject,
          email_template: words.body || '<p></p>',
          weight: 1,
          is_active: true,
        },
      });
      onPick(made.label);
    } catch (error) {
      toastError(error);
    }
  }
  return (
    <div role="group" aria-label="Variants" className="flex items-center gap-1 border-b px-2 py-1">
      {labels.length > 1 &&
        labels.map((label) => (
          <button
            key={label}
            type="button"
            aria-pressed={label === current}
            onClick={() => onPick(label)}
            className={cn(
              'h-7 rounded-md px-2.5 text-xs text-ink-2 hover:bg-hover',
              label === current && 'bg-hover font-semibold text-ink',
            )}
          >
            {label}
            {step.variants.find((one) => one.label === label)?.is_active === false && ' (off)'}
          </button>
        ))}
      {!readOnly && (
        <Button variant="ghost" size="sm" loading={add.isPending} onClick={() => void another()}>
          <Plus aria-hidden /> Try another wording
        </Button>
      )}
    </div>
  );
}
