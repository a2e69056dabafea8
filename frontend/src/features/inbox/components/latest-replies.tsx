import Link from 'next/link';

import { SkeletonRows } from '@/components/ui/states';
import { Badge } from '@/components/ui/status';
import { when } from '@/lib/format';
import { paths } from '@/lib/paths';

import type { Thread } from '../api/threads';
import { intentOf } from '../model';

export function LatestReplies({ threads, loading }: { threads: readonly Thread[]; loading: boolean }) {
  if (loading) return <SkeletonRows rows={3} />;
  if (threads.length === 0) return <p className="px-4 py-8 text-center text-ink-2">All replies are read.</p>;
  return (
    <ul className="divide-y">
      {threads.map((thread) => {
        const intent = intentOf(thread.intent);
        return (
          <li key={thread.id} className="relative px-4 py-2.5 hover:bg-hover">
            <div className="flex items-center gap-2">
              <Link
                href={paths.thread(thread.id)}
                prefetch={false}
                className="min-w-0 truncate font-medium after:absolute after:inset-0"
              >
                {thread.contact_name || thread.contact_email}
              </Link>
              <Badge tone={intent.tone}>{intent.label}</Badge>
              <span className="flex-1" />
              <time dateTime={thread.last_message_at} className="shrink-0 text-xs text-ink-3">
                {when(thread.last_message_at)}
              </time>
            </div>
            <p className="truncate text-ink-2">
              {thread.suppression && (
                <span className="text-bounced">Do not contact: {thread.suppression.words}. </span>
              )}
              {thread.snippet}
            </p>
          </li>
        );
      })}
    </ul>
  );
}
