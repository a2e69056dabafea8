'use client';
import type { FormEvent } from 'react';
import type { FieldValues, UseFormReturn } from 'react-hook-form';

import { Button } from '@/components/ui/button';
import { Notice } from '@/components/ui/states';
import { toastError } from '@/components/ui/toast';
import { useUnsaved } from '@/hooks/use-unsaved';
import { placeFaults } from '@/lib/form-faults';
import { wordsFor } from '@/lib/problem';

/** Sends the values of a form: the API's faults come to stand at their fields, any other error is told. */
export function submitting<V extends FieldValues, Sent extends FieldValues>(
  form: UseFormReturn<V, unknown, Sent>,
  send: (values: Sent) => Promise<void>,
): (event: FormEvent) => void {
  const submit = form.handleSubmit(async (values) => {
    try {
      await send(values);
    } catch (error) {
      if (!placeFaults(form as never, error)) toastError(error);
    }
  });
  return (event) => void submit(event);
}

/** Saves a form that shows what is so; there is nothing to save before something is changed, nor lost unasked after. */
export function SaveButton<V extends FieldValues>({
  form,
  busy,
}: {
  form: UseFormReturn<V, unknown, FieldValues>;
  busy: boolean;
}) {
  const { isDirty } = form.formState;
  useUnsaved(isDirty);
  return (
    <Button type="submit" variant="primary" disabled={!isDirty} loading={busy}>
      Save
    </Button>
  );
}

/** Above a form: why the server did not take it. */
export function Refusal({ error, title }: { error: unknown; title?: string | undefined }) {
  if (!error) return null;
  const words = wordsFor(error);
  return (
    <div role="alert">
      <Notice tone="bounced" title={title ?? words.title}>
        {words.detail}
      </Notice>
    </div>
  );
}
