'use client';
import { ArrowDown, ArrowUp, Plus, TriangleAlert } from 'lucide-react';

import { Button } from '@/components/ui/button';
import { cn } from '@/lib/cn';
import { delay } from '@/lib/format';

import type { Step } from '../api/list-sequences';

/** Plain words of a body, for the line under a step. */
export function snippet(body: string): string {
  return body
    .replace(/<[^>]+>/g, ' ')
    .replace(/&[a-z]+;/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}

function waits(step: Step, first: boolean): string {
  const words = delay(step.delay_days, step.delay_hours);
  if (first) return words === 'at once' ? 'First message' : `First message, after ${words}`;
  const kind = step.working_days_only ? words.replace('day', 'working day') : words;
  return words === 'at once' ? 'Right after' : `After ${kind}`;
}

/** The sequence as a line in time. */
export function StepList({
  steps,
  current,
  onPick,
  onAdd,
  onMove,
  adding,
  readOnly,
}: {
  steps: readonly Step[];
  current: string | null;
  onPick: (id: string) => void;
  onAdd: () => void;
  onMove: (id: string, by: -1 | 1) => void;
  adding: boolean;
  readOnly: boolean;
}) {
  return (
    <nav aria-label="Steps">
      <ol>
        {steps.map((step, position) => {
          const here = step.id === current;
          const subject = step.subject_template || (position === 0 ? 'No subject yet' : 'In the same thread');
          return (
            <li key={step.id} className="relative pb-1 pl-7">
              <span
                aria-hidden
                className={cn(
                  'absolute top-2.5 left-0 flex size-5 items-center justify-center rounded-full border bg-panel text-2xs font-medium',
                  here ? 'border-accent text-accent' : 'border-line-strong text-ink-2',
                  !step.is_active && 'opacity-50',
                )}
              >
                {position + 1}
              </span>
              {/* The line of time between two steps. */}
              <span
                aria-hidden
                className="absolute top-8 bottom-[-0.4rem] left-[0.6rem] w-px bg-line-strong"
              />
              <button
                type="button"
                onClick={() => onPick(step.id)}
                aria-current={here ? 'step' : undefined}
                className={cn(
                  'block w-full rounded-md border border-transparent px-2.5 py-1.5 text-left hover:bg-hover',
                  here && 'border-line bg-panel',
                  here && steps.length > 1 && !readOnly && '[&>span:first-child]:pr-12 pointer-coarse:pr-20',
                )}
              >
                <span className="flex items-center gap-1.5 text-xs text-ink-3">
                  <span className="min-w-0 flex-1 truncate">
                    {waits(step, position === 0)}
                    {!step.is_active && ' · off'}
                  </span>
                  {step.problems.length > 0 && (
                    <TriangleAlert className="size-3.5 text-held" aria-label="Needs mending" />
                  )}
                </span>
                <span className="block truncate font-medium">{subject}</span>
                <span className="block truncate text-xs text-ink-2">
                  {snippet(step.email_template) || 'Empty'}
                </span>
              </button>
              {here && steps.length > 1 && !readOnly && (
                <span className="absolute -top-1 right-1 flex rounded-md border bg-panel">
                  <Button
                    variant="ghost"
                    size="icon-sm"
                    className="size-6"
                    aria-label="Earlier"
                    disabled={position === 0}
                    onClick={() => onMove(step.id, -1)}
                  >
                    <ArrowUp aria-hidden />
                  </Button>
                  <Button
                    variant="ghost"
                    size="icon-sm"
                    className="size-6"
                    aria-label="Later"
                    disabled={position === steps.length - 1}
                    onClick={() => onMove(step.id, 1)}
                  >
                    <ArrowDown aria-hidden />
                  </Button>
                </span>
              )}
            </li>
          );
        })}
      </ol>
      {!readOnly && (
        <Button variant="ghost" size="sm" className="ml-6" loading={adding} onClick={onAdd}>
          <Plus aria-hidden /> {steps.length ? 'Add a follow-up' : 'Write the first message'}
        </Button>
      )}
    </nav>
  );
}
