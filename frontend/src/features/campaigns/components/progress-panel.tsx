import Link from 'next/link';

import { ProgressBar } from '@/components/ui/progress';
import { toneFill } from '@/components/ui/status';
import { cn } from '@/lib/cn';
import { count } from '@/lib/format';

import { peopleHref, progressSegments, settled, type Progress } from '../model';

/** Everybody of the campaign on one line, with the words under it; each leads to those people. */
export function ProgressPanel({ campaign, progress }: { campaign: string; progress: Progress }) {
  const segments = progressSegments(progress);
  return (
    <div>
      <div className="mb-2 flex items-baseline justify-between">
        <span>
          <span className="font-semibold">{count(settled(progress))}</span>
          <span className="text-ink-2"> of {count(progress.total)} people are through</span>
        </span>
      </div>
      <ProgressBar segments={segments} total={progress.total} label="People" className="h-2.5" />
      <ul className="mt-3 flex flex-wrap gap-x-5 gap-y-1 text-xs">
        {segments
          .filter((segment) => segment.value > 0)
          .map((segment) => (
            <li key={segment.state}>
              <Link
                href={peopleHref(campaign, segment)}
                className="flex items-center gap-1.5 text-ink-2 hover:text-ink hover:underline"
              >
                <span
                  aria-hidden
                  className={cn(
                    'size-2 rounded-[2px]',
                    toneFill[segment.tone],
                    segment.faint && 'opacity-35',
                  )}
                />
                {segment.label} <span className="font-medium text-ink">{count(segment.value)}</span>
              </Link>
            </li>
          ))}
      </ul>
    </div>
  );
}
