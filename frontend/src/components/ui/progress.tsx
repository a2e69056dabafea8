import { cn } from '@/lib/cn';
import { count } from '@/lib/format';

import { toneFill, type Tone } from './status';

export interface Segment {
  label: string;
  value: number;
  tone: Tone;
  /** Lighter, for what is only planned; or hatched, for what a machine did. */
  faint?: boolean;
  hatched?: boolean;
}

/** Parts of a whole on one line; the words are in the label for screen readers. */
export function ProgressBar({
  segments,
  total,
  className,
  label,
}: {
  segments: readonly Segment[];
  total?: number;
  className?: string;
  label?: string;
}) {
  const sum = segments.reduce((all, segment) => all + segment.value, 0);
  const whole = Math.max(total ?? sum, sum, 1);
  const words = segments.filter((s) => s.value > 0).map((s) => `${s.value} ${s.label}`);
  return (
    <span
      role="img"
      aria-label={`${label ? `${label}: ` : ''}${words.join(', ') || 'nothing yet'} of ${total ?? sum}`}
      title={words.join(' · ')}
      className={cn('flex h-1.5 w-full gap-px overflow-hidden rounded-full bg-idle-soft', className)}
    >
      {segments.map(
        (segment) =>
          segment.value > 0 && (
            <span
              key={segment.label}
              style={{ width: `${(segment.value / whole) * 100}%` }}
              className={cn(
                'h-full min-w-[2px] transition-[width] duration-500',
                segment.hatched ? 'hatched text-idle' : toneFill[segment.tone],
                segment.faint && 'opacity-35',
              )}
            />
          ),
      )}
    </span>
  );
}

/** The bar in a cell of a table, with how many of how many beside it. */
export function ProgressCell({
  segments,
  done,
  total,
  label,
  className,
}: {
  segments: readonly Segment[];
  done: number;
  total: number;
  label: string;
  /** The width of the numbers, so that the bars of a column end at one place. */
  className: string;
}) {
  return (
    <span className="flex items-center gap-2.5">
      <ProgressBar segments={segments} total={total} label={label} />
      <span className={cn('shrink-0 text-right text-xs text-ink-2', className)}>
        {count(done)} / {count(total)}
      </span>
    </span>
  );
}
