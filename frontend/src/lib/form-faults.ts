import type { FieldValues, Path, UseFormReturn } from 'react-hook-form';

import { ApiError, pointerToField } from './problem';

/**
 * Puts the API's faults at the fields they are about. True when every fault found its field; else the
 * caller tells the rest (`wordsFor`).
 */
export function placeFaults<V extends FieldValues>(
  form: UseFormReturn<V, unknown, FieldValues>,
  error: unknown,
): boolean {
  if (!(error instanceof ApiError) || error.faults.length === 0) return false;
  const values = form.getValues();
  let all = true;
  for (const fault of error.faults) {
    const field = pointerToField(fault.pointer);
    const top = field.split('.')[0] ?? '';
    if (top && top in values) form.setError(field as Path<V>, { type: 'server', message: fault.detail });
    else all = false;
  }
  return all;
}
