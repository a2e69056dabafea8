import { Check, LoaderCircle, TriangleAlert } from 'lucide-react';

import type { SaveState } from '@/hooks/use-autosave';
import { cn } from '@/lib/cn';
import { wordsFor } from '@/lib/problem';

/** Whether what is on the page is also on the server. */
export function SaveSign({
  state,
  error,
  onRetry,
}: {
  state: SaveState;
  error?: unknown;
  onRetry?: () => void;
}) {
  if (state === 'failed') {
    const { title, detail } = wordsFor(error);
    return (
      <span role="alert" className="flex items-center gap-1.5 text-xs text-bounced" title={detail}>
        <TriangleAlert className="size-3.5" aria-hidden />
        Not saved: {title}
        {onRetry && (
          <button type="button" className="underline" onClick={onRetry}>
            try again
          </button>
        )}
      </span>
    );
  }
  const saved = state === 'saved';
  const Icon = saved ? Check : LoaderCircle;
  return (
    <span role="status" className="flex items-center gap-1.5 text-xs text-ink-3">
      <Icon className={cn('size-3.5', !saved && 'animate-spin')} aria-hidden />
      {saved ? 'Saved' : 'Saving'}
    </span>
  );
}
