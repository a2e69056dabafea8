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

function errorOf<V extends FieldValues>(form: Common<V>['form'], name: FieldPath<V>): string | undefined {
  const error: unknown = read(form.formState.errors, name);
  if (typeof error !== 'object' || error === null || !('message' in error)) return undefined;
  return typeof error.message === 'string' ? error.message : undefined;
}

export function TextField<V extends FieldValues>({
  form,
  name,
  label,
  hint,
  optional,
  className,
  end,
  ...input
}: Common<V> & Omit<ComponentProps<'input'>, 'form' | 'name'> & { end?: ReactNode }) {
  return (
    <Field {...{ label, hint, optional, className }} error={errorOf(form, name)}>
      {(control) =>
        end ? (
          <span className="flex items-center gap-2">
            <Input {...control} {...input} {...form.register(name)} />
            <span className="shrink-0 text-ink-2">{end}</span>
          </span>
        ) : (
          <Input {...control} {...input} {...form.register(name)} />
        )
      }
    </Field>
  );
}

/** An empty number is null: "no limit" is said by leaving it blank. */
export function NumberField<V extends FieldValues>({
  form,
  name,
  label,
  hint,
  optional,
  className,
  end,
  ...input
}: Common<V> & Omit<ComponentProps<'input'>, 'form' | 'name'> & { end?: ReactNode }) {
  return (
    <Field {...{ label, hint, optional, className }} error={errorOf(form, name)}>
      {(control) => (
        <span className="flex items-center gap-2">
          <Input
            {...control}
            {...input}
            type="number"
            inputMode="numeric"
            {...form.register(name, {
              setValueAs: (value: unknown) =>
                value === '' || value === null || value === undefined ? null : Number(value),
            })}
          />
          {end && <span className="shrink-0 text-ink-2">{end}</span>}
        </span>
      )}
    </Field>
  );
}

export function TextareaField<V extends FieldValues>({
  form,
  name,
  label,
  hint,
  optional,
  className,
  ...input
}: Common<V> & Omit<ComponentProps<'textarea'>, 'form' | 'name'>) {
  return (
    <Field {...{ label, hint, optional, className }} error={errorOf(form, name)}>
      {(control) => <Textarea {...control} {...input} {...form.register(name)} />}
    </Field>
  );
}

export function SelectField<V extends FieldValues>({
  form,
  name,
  label,
  hint,
  optional,
  className,
  children,
  ...input
}: Common<V> & Omit<ComponentProps<'select'>, 'form' | 'name'>) {
  return (
    <Field {...{ label, hint, optional, className }} error={errorOf(form, name)}>
      {(control) => (
        <Select {...control} {...input} {...form.register(name)}>
          {children}
        </Select>
      )}
    </Field>
  );
}

/** A sign-in secret: shown on request, and left to the password manager by `autoComplete`. */
export function PasswordField<V extends FieldValues>({
  form,
  name,
  label,
  hint,
  optional,
  className,
  ...input
}: Common<V> & Omit<ComponentProps<'input'>, 'form' | 'name'>) {
  const [shown, setShown] = useState(false);
  const Icon = shown ? EyeOff : Eye;
  return (
    <Field {...{ label, hint, optional, className }} error={errorOf(form, name)}>
      {(control) => (
        <span className="relative block">
          <Input
            {...control}
            {...input}
            type={shown ? 'text' : 'password'}
            className="pr-9"
            {...form.register(name)}
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
