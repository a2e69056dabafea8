import { Badge } from '@/components/ui/status';
import { SuppressedBadge } from '@/components/ui/suppressed';
import { cn } from '@/lib/cn';
import { when } from '@/lib/format';

import type { Thread } from '../api/threads';
import { intentOf } from '../model';

export function ThreadList({
  threads,
  current,
  onOpen,
}: {
  threads: readonly Thread[];
  current: string;
  onOpen: (id: string) => void;
}) {
  return (
    <ul className="divide-y">
      {threads.map((thread) => {
        const intent = intentOf(thread.intent);
        const here = thread.id === current;
        return (
          <li key={thread.id}>
            <button
              type="button"
              onClick={() => onOpen(thread.id)}
              aria-current={here ? 'true' : undefined}
              className={cn(
                'relative block w-full px-4 py-2.5 text-left hover:bg-hover',
                here && 'bg-accent-soft hover:bg-accent-soft',
              )}
            >
              {thread.unread && (
                <span
                  className="absolute top-4 left-1.5 size-1.5 rounded-full bg-sending"
                  aria-label="Unread"
                />
              )}
              <span className="flex items-baseline gap-2">
                <span className={cn('min-w-0 flex-1 truncate', thread.unread && 'font-semibold')}>
                  {thread.contact_name || thread.contact_email}
                </span>
                <time dateTime={thread.last_message_at} className="shrink-0 text-xs text-ink-3">
                  {when(thread.last_message_at)}
                </time>
              </span>
              <span className="block truncate text-ink-2">{thread.snippet || thread.subject}</span>
              <span className="mt-1 flex items-center gap-2">
                <Badge tone={intent.tone}>{intent.label}</Badge>
                {thread.suppression && <SuppressedBadge suppression={thread.suppression} />}
                {thread.snoozed_until && (
                  <span className="text-xs text-ink-3">back {when(thread.snoozed_until)}</span>
                )}
              </span>
            </button>
          </li>
        );
      })}
    </ul>
  );
}
