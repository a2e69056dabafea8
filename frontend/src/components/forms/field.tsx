'use client';
import { useId, type ReactNode } from 'react';

import { cn } from '@/lib/cn';

interface Control {
  id: string;
  'aria-invalid': boolean;
  'aria-describedby': string | undefined;
}

/** Label, control, hint and error, tied together for screen readers. */
export function Field({
  label,
  hint,
  error,
  optional,
  className,
  children,
}: {
  label: ReactNode;
  hint?: ReactNode;
  error?: string | undefined;
  optional?: boolean;
  className?: string | undefined;
  children: (control: Control) => ReactNode;
}) {
  const id = useId();
  const note = error ?? hint;
  return (
    <div className={cn('min-w-0', className)}>
      <label htmlFor={id} className="mb-1 flex items-baseline justify-between gap-2 text-xs font-medium">
        <span>{label}</span>
        {optional && <span className="font-normal text-ink-3">optional</span>}
      </label>
      {children({ id, 'aria-invalid': Boolean(error), 'aria-describedby': note ? `${id}-note` : undefined })}
      {note && (
        <p
          id={`${id}-note`}
          role={error ? 'alert' : undefined}
          className={cn('mt-1 text-xs', error ? 'text-bounced' : 'text-ink-3')}
        >
          {note}
        </p>
      )}
    </div>
  );
}
