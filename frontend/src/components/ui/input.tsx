import { ChevronDown } from 'lucide-react';
import type { ComponentProps } from 'react';

import { cn } from '@/lib/cn';

export const fieldStyle =
  'w-full rounded-md border border-line-strong bg-panel px-2.5 text-sm text-ink transition-colors hover:border-ink-3 focus-visible:border-accent focus-visible:outline-offset-0 disabled:bg-sunken disabled:text-ink-3 aria-invalid:border-bounced pointer-coarse:text-base';

export function Input({ className, ...rest }: ComponentProps<'input'>) {
  return <input {...rest} className={cn(fieldStyle, 'h-8 pointer-coarse:h-10', className)} />;
}

export function Textarea({ className, ...rest }: ComponentProps<'textarea'>) {
  return <textarea {...rest} className={cn(fieldStyle, 'min-h-20 py-1.5', className)} />;
}

/** The platform's own list: quick, complete on phones and for screen readers. */
export function Select({ className, children, ...rest }: ComponentProps<'select'>) {
  return (
    <span className={cn('relative inline-flex w-full', className)}>
      <select {...rest} className={cn(fieldStyle, 'h-8 appearance-none pr-8 pointer-coarse:h-10')}>
        {children}
      </select>
      <ChevronDown
        className="pointer-events-none absolute top-1/2 right-2.5 size-3.5 -translate-y-1/2 text-ink-3"
        aria-hidden
      />
    </span>
  );
}
