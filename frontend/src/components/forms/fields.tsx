'use client';
import { Eye, EyeOff } from 'lucide-react';
import { useState, type ComponentProps, type ReactNode } from 'react';
import {
  Controller,
  type FieldPath,
  type FieldValues,
  get as read,
  type UseFormReturn,
} from 'react-hook-form';

import { Switch } from '@/components/ui/checkbox';
import { Input, Select, Textarea } from '@/components/ui/input';
import { cn } from '@/lib/cn';

import { Field } from './field';

interface Common<V extends FieldValues> {
  // The third type is what the schema makes of the values; fields do not care.
  form: UseFormReturn<V, unknown, FieldValues>;
  name: FieldPath<V>;
  label: ReactNode;
  hint?: ReactNode;
  optional?: boolean;
  className?: string;
}

type Own<Tag extends 'input' | 'textarea' | 'select'> = Omit<ComponentProps<Tag>, keyof Common<FieldValues>>;

function errorOf<V extends FieldValues>(form: Common<V>['form'], name: FieldPath<V>): string | undefined {
  const error: unknown = read(form.formState.errors, name);
  if (typeof error !== 'object' || error === null || !('message' in error)) return undefined;
  return typeof error.message === 'string' ? error.message : undefined;
}

/** What the frame of a field takes, and what is left for its control. */
function parted<V extends FieldValues, Rest extends object>(props: Common<V> & Rest) {
  const { form, name, label, hint, optional, className, ...control } = props;
  const frame = { label, hint, optional, className, error: errorOf(form, name) };
  return { frame, control: control as unknown as Rest };
}

/** A control with words after it: a unit, a domain. */
function WithEnd({ end, children }: { end: ReactNode; children: ReactNode }) {
  if (!end) return children;
  return (
    <span className="flex items-center gap-2">
      {children}
      <span className="shrink-0 text-ink-2">{end}</span>
    </span>
  );
}

export function TextField<V extends FieldValues>({
  end,
  ...props
}: Common<V> & Own<'input'> & { end?: ReactNode }) {
  const { frame, control } = parted<V, Own<'input'>>(props);
  return (
    <Field {...frame}>
      {(tied) => (
        <WithEnd end={end}>
          <Input {...tied} {...control} {...props.form.register(props.name)} />
        </WithEnd>
      )}
    </Field>
  );
}

/** An empty number is null: "no limit" is said by leaving it blank. */
export function NumberField<V extends FieldValues>({
  end,
  ...props
}: Common<V> & Own<'input'> & { end?: ReactNode }) {
  const { frame, control } = parted<V, Own<'input'>>(props);
  const setValueAs = (value: unknown) =>
    value === '' || value === null || value === undefined ? null : Number(value);
  return (
    <Field {...frame}>
      {(tied) => (
        <WithEnd end={end}>
          <Input
            {...tied}
            {...control}
            type="number"
            inputMode="numeric"
            {...props.form.register(props.name, { setValueAs })}
          />
        </WithEnd>
      )}
    </Field>
  );
}

export function TextareaField<V extends FieldValues>(props: Common<V> & Own<'textarea'>) {
  const { frame, control } = parted<V, Own<'textarea'>>(props);
  return (
    <Field {...frame}>
      {(tied) => <Textarea {...tied} {...control} {...props.form.register(props.name)} />}
    </Field>
  );
}

export function SelectField<V extends FieldValues>(props: Common<V> & Own<'select'>) {
  const { frame, control } = parted<V, Own<'select'>>(props);
  return (
    <Field {...frame}>
      {(tied) => <Select {...tied} {...control} {...props.form.register(props.name)} />}
    </Field>
  );
}

/** A sign-in secret: shown on request, and left to the password manager by `autoComplete`. */
export function PasswordField<V extends FieldValues>(props: Common<V> & Own<'input'>) {
  const [shown, setShown] = useState(false);
  const { frame, control } = parted<V, Own<'input'>>(props);
  const Icon = shown ? EyeOff : Eye;
  return (
    <Field {...frame}>
      {(tied) => (
        <span className="relative block">
          <Input
            {...tied}
            {...control}
            type={shown ? 'text' : 'password'}
            className="pr-9"
            {...props.form.register(props.name)}
          />
          <button
            type="button"
            onClick={() => setShown(!shown)}
            aria-label={shown ? 'Hide password' : 'Show password'}
            className="absolute top-1/2 right-1 -translate-y-1/2 rounded-sm p-1.5 text-ink-3 hover:text-ink"
          >
            <Icon className="size-4" aria-hidden />
          </button>
        </span>
      )}
    </Field>
  );
}

export function SwitchField<V extends FieldValues>({
  form,
  name,
  label,
  hint,
  className,
  disabled,
}: Common<V> & { disabled?: boolean }) {
  return (
    <Controller
      control={form.control as never}
      name={name as never}
      render={({ field }) => (
        <label className={cn('flex items-start justify-between gap-4', className)}>
          <span>
            <span className="block">{label}</span>
            {hint && <span className="block text-xs text-ink-3">{hint}</span>}
          </span>
          <Switch
            checked={Boolean(field.value)}
            onCheckedChange={(checked) => field.onChange(checked)}
            onBlur={field.onBlur}
            disabled={disabled}
            className="mt-0.5"
          />
        </label>
      )}
    />
  );
}
