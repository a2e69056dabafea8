'use client';
import { CircleDashed } from 'lucide-react';
import Link from 'next/link';

import { ErrorState, SkeletonRows } from '@/components/ui/states';
import { statusOf, toneText } from '@/components/ui/status';
import { cn } from '@/lib/cn';
import { fullTime, when } from '@/lib/format';
import { paths } from '@/lib/paths';

import { useTimeline } from '../api/get-timeline';

const KNOWN = new Set(['sent', 'opened', 'clicked', 'replied', 'bounced', 'unsubscribed', 'failed']);
const WORDS: Record<string, string> = {
  auto_replied: 'Away',
  leads_imported: 'Imported',
  rejudged: 'A machine after all',
};

/** Everything that happened with this person, the latest first. */
export function LeadTimeline({ lead }: { lead: string }) {
  const timeline = useTimeline(lead);
  if (timeline.isPending) return <SkeletonRows rows={4} />;
  if (timeline.isLoadingError)
    return <ErrorState error={timeline.error} onRetry={() => void timeline.refetch()} />;
  if (timeline.data.length === 0)
    return <p className="px-4 py-8 text-center text-ink-2">Nothing has happened with this person yet.</p>;
  return (
    <ol className="px-4 py-2">
      {timeline.data.map((entry, position) => {
        const name = entry.event.replace(/^email:/, '');
        const { icon, tone, word } = statusOf(name);
        const Icon = KNOWN.has(name) ? icon : CircleDashed;
        const machine = entry.detail.verdict === 'machine';
        const subject = typeof entry.detail.subject === 'string' ? entry.detail.subject : '';
        const reason = typeof entry.detail.reason === 'string' ? entry.detail.reason : '';
        return (
          <li key={`${entry.at}${position}`} className="relative flex gap-3 pb-4 last:pb-1">
            <span
              aria-hidden
              className="absolute top-6 bottom-0 left-[0.45rem] w-px bg-line in-[li:last-child]:hidden"
            />
            <Icon
              className={cn('mt-0.5 size-4 shrink-0', machine ? 'text-idle' : toneText[tone])}
              aria-hidden
            />
            <div className="min-w-0 flex-1">
              <p>
                <span className="inline-block font-medium first-letter:uppercase">{WORDS[name] ?? word}</span>
                {entry.step !== null && <span className="text-ink-2">, step {entry.step}</span>}
                {machine && <span className="text-ink-2">, by a machine</span>}
              </p>
              {(subject || reason) && <p className="truncate text-ink-2">{subject || reason}</p>}
              {entry.campaign_id && entry.campaign_name && (
                <Link
                  href={paths.campaign(entry.campaign_id)}
                  prefetch={false}
                  className="text-xs text-ink-3 hover:underline"
                >
                  {entry.campaign_name}
                </Link>
              )}
            </div>
            <time dateTime={entry.at} title={fullTime(entry.at)} className="shrink-0 text-xs text-ink-3">
              {when(entry.at)}
            </time>
          </li>
        );
      })}
    </ol>
  );
}
