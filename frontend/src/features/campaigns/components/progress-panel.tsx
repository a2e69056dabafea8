import { ProgressBar } from '@/components/ui/progress';
import { toneFill } from '@/components/ui/status';
import { cn } from '@/lib/cn';
import { count } from '@/lib/format';

import { progressSegments, settled, type Progress } from '../model';

/** Everybody of the campaign on one line, with the words under it. */
export function ProgressPanel({ progress }: { progress: Progress }) {
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
      <dl className="mt-3 flex flex-wrap gap-x-5 gap-y-1 text-xs">
        {segments
          .filter((segment) => segment.value > 0)
          .map((segment) => (
            <div key={segment.label} className="flex items-center gap-1.5">
              <span
                aria-hidden
                className={cn('size-2 rounded-[2px]', toneFill[segment.tone], segment.faint && 'opacity-35')}
              />
              <dt className="text-ink-2">{segment.label}</dt>
              <dd className="font-medium">{count(segment.value)}</dd>
            </div>
          ))}
      </dl>
    </div>
  );
}
