import type { ReactNode } from 'react';

import { cn } from '@/lib/cn';

import { Boundary, type Guarded } from './boundary';

/**
 * A framed part of a page: one hairline, a quiet heading, no shadow.
 * A fault inside stays inside; give a function where the panel itself reads into data.
 */
export function Panel({
  title,
  description,
  action,
  children,
  className,
  bodyClassName,
  id,
}: {
  title?: ReactNode;
  description?: ReactNode;
  action?: ReactNode;
  children: Guarded;
  className?: string;
  bodyClassName?: string;
  id?: string;
}) {
  return (
    <section id={id} className={cn('rounded-lg border bg-panel', className)}>
      {title && (
        <header className="flex min-h-11 items-center justify-between gap-3 border-b px-4 py-2">
          <div className="min-w-0">
            <h2 className="text-sm">{title}</h2>
            {description && <p className="text-xs text-ink-3">{description}</p>}
          </div>
          <Boundary fallback={null}>{action}</Boundary>
        </header>
      )}
      <div className={cn('p-4', bodyClassName)}>
        <Boundary className="py-8">{children}</Boundary>
      </div>
    </section>
  );
}

/** A number first, then what it is of, then how it compares. */
export function Figure({
  label,
  value,
  of,
  hint,
  tone,
  className,
}: {
  label: ReactNode;
  value: ReactNode;
  of?: ReactNode;
  hint?: ReactNode;
  tone?: string;
  className?: string;
}) {
  return (
    <div className={cn('min-w-0 px-4 py-3', className)}>
      <div className="truncate text-xs text-ink-2">{label}</div>
      <div className={cn('mt-0.5 text-xl font-semibold tracking-tight', tone)}>{value}</div>
      {of && <div className="mt-0.5 truncate text-xs text-ink-2">{of}</div>}
      {hint && <div className="truncate text-xs text-ink-3">{hint}</div>}
    </div>
  );
}

/** Figures side by side, divided by hairlines; two a row on phones. */
export function FigureRow({ children, className }: { children: ReactNode; className?: string }) {
  return (
    <div
      className={cn(
        'grid grid-cols-2 overflow-hidden rounded-lg border bg-panel sm:grid-flow-col sm:grid-cols-none sm:auto-cols-fr [&>*]:-mt-px [&>*]:-ml-px [&>*]:border-t [&>*]:border-l max-sm:[&>*:last-child:nth-child(odd)]:col-span-2',
        className,
      )}
    >
      {children}
    </div>
  );
}
