'use client';
import { CloudOff, Lock, SearchX, TriangleAlert, type LucideIcon } from 'lucide-react';
import Link from 'next/link';
import { useState, type ReactNode } from 'react';

import { cn } from '@/lib/cn';
import { ApiError, isOfNoneSuch, requestIdOf, wordsFor } from '@/lib/problem';

import { Button } from './button';

export function Skeleton({ className }: { className?: string }) {
  return <span aria-hidden className={cn('block animate-pulse rounded-sm bg-idle-soft', className)} />;
}

/** Rows of the true height, so that nothing jumps when the data comes. */
export function SkeletonRows({ rows = 6, className }: { rows?: number; className?: string }) {
  return (
    <div role="status" aria-label="Loading" className={cn('divide-y', className)}>
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} className="flex h-11 items-center gap-6 px-4">
          <Skeleton className="h-3 w-1/4" />
          <Skeleton className="h-3 w-16" />
          <Skeleton className="h-3 flex-1" />
          <Skeleton className="h-3 w-12" />
        </div>
      ))}
    </div>
  );
}

interface StateProps {
  icon?: LucideIcon;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
  className?: string;
}

function State({ icon: Icon, title, children, action, className }: StateProps) {
  return (
    <div className={cn('mx-auto flex max-w-md flex-col items-center px-6 py-14 text-center', className)}>
      {Icon && (
        <span className="mb-3 flex size-10 items-center justify-center rounded-lg border bg-panel text-ink-3">
          <Icon className="size-5" aria-hidden />
        </span>
      )}
      <h2 className="text-base">{title}</h2>
      {children && <div className="mt-1 text-ink-2">{children}</div>}
      {action && <div className="mt-4 flex gap-2">{action}</div>}
    </div>
  );
}

/** Nothing here yet: says what this place is for and gives the one next step. */
export function EmptyState(props: StateProps) {
  return <State {...props} />;
}

export interface Thing {
  /** `campaign`, as in “There is no such campaign”. */
  name: string;
  /** Where all of them are, and what the link there says. */
  back: { href: string; label: string };
}

/** The address names something that is not there. */
export function NoSuch({ name, back, className }: Thing & { className?: string | undefined }) {
  return (
    <div role="alert">
      <State
        icon={SearchX}
        title={`There is no such ${name}`}
        className={className}
        action={
          <Button asChild>
            <Link href={back.href}>{back.label}</Link>
          </Button>
        }
      >
        It may have been deleted, or the address is wrong.
      </State>
    </div>
  );
}

/** What happened and what to do next, from any error a call can throw. */
export function ErrorState({
  error,
  onRetry,
  thing,
  className,
}: {
  error: unknown;
  onRetry?: () => void;
  /** What the address names, where it names one: an address of none is told so, with the way back. */
  thing?: Thing;
  className?: string;
}) {
  if (thing && isOfNoneSuch(error)) return <NoSuch {...thing} className={className} />;
  const words = wordsFor(error);
  const status = error instanceof ApiError ? error.status : 0;
  const icon = status === 403 ? Lock : status === 404 ? SearchX : status === 0 ? CloudOff : TriangleAlert;
  return (
    <div role="alert">
      <State
        icon={icon}
        title={words.title}
        className={className}
        action={onRetry && status !== 403 && status !== 404 && <Button onClick={onRetry}>Try again</Button>}
      >
        {words.detail}
        <RequestId error={error} />
      </State>
    </div>
  );
}

/** A part of the page that could not be drawn: the fault is ours, and here is the way on. */
export function FaultState({
  error,
  onRetry,
  action,
  className,
}: {
  error: unknown;
  onRetry: () => Promise<unknown>;
  /** Another way on. */
  action?: ReactNode;
  className?: string | undefined;
}) {
  const [busy, setBusy] = useState(false);
  const retry = () => {
    setBusy(true);
    void onRetry().finally(() => setBusy(false));
  };
  // A failed call has words of its own; a fault of the page has only a technical name.
  const known = error instanceof ApiError ? wordsFor(error) : undefined;
  return (
    <div role="alert">
      <State
        icon={TriangleAlert}
        title={known?.title ?? 'This part could not be shown'}
        className={className}
        action={
          <>
            <Button loading={busy} onClick={retry}>
              Try again
            </Button>
            {action}
          </>
        }
      >
        {known?.detail ?? 'The rest of the page goes on. Nothing you saved is lost.'}
        {!known && error instanceof Error && error.message && (
          <p className="mt-1 text-xs break-words text-ink-3">{error.message}</p>
        )}
        <RequestId error={error} />
      </State>
    </div>
  );
}

/** What the server's log calls the failed call by. */
function RequestId({ error }: { error: unknown }) {
  const id = requestIdOf(error);
  return id ? <p className="mt-1 text-xs break-all text-ink-3">Request {id}</p> : null;
}

/** A short note inside a page: something is held, missing, or worth knowing. */
export function Notice({
  tone = 'held',
  title,
  children,
  action,
  className,
}: {
  tone?: 'held' | 'bounced' | 'sending' | 'replied' | 'idle';
  title?: ReactNode;
  children?: ReactNode;
  action?: ReactNode;
  className?: string;
}) {
  const colours = {
    held: 'bg-held-soft text-held',
    bounced: 'bg-bounced-soft text-bounced',
    sending: 'bg-sending-soft text-sending',
    replied: 'bg-replied-soft text-replied',
    idle: 'bg-idle-soft text-ink-2',
  };
  return (
    <div className={cn('flex items-start gap-3 rounded-md px-3 py-2', colours[tone], className)}>
      <div className="min-w-0 flex-1">
        {title && <div className="font-medium">{title}</div>}
        {children && <div className="text-ink">{children}</div>}
      </div>
      {action}
    </div>
  );
}
