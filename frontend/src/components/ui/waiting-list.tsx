import Link from 'next/link';

import { cn } from '@/lib/cn';
import { count, plural } from '@/lib/format';
import { remedyFor, type WhyContext } from '@/lib/why';

import { WhyChip } from './why-chip';

export interface Waiting {
  code: string;
  detail: string;
  count: number;
  until: string | null;
  /** What would change it. */
  change: string;
}

/** Every message that is due and does not go has exactly one reason; here they are, counted. */
export function WaitingList({
  reasons,
  context,
  none = 'Nothing is waiting. All that is due is going out.',
  peopleHref,
  className,
}: {
  reasons: readonly Waiting[];
  context?: WhyContext;
  /** Said where nothing waits. */
  none?: string | undefined;
  /** The list of those who wait for one reason, where there is one. */
  peopleHref?: (code: string) => string | undefined;
  className?: string;
}) {
  if (reasons.length === 0) return <p className="text-ink-2">{none}</p>;
  return (
    <ul className={cn('divide-y', className)}>
      {reasons.map(({ code, detail, until, change, ...waiting }) => {
        const remedy = remedyFor(code, context);
        const people = peopleHref?.(code);
        return (
          <li key={code} className="flex items-start gap-3 py-2">
            <span className="min-w-5 shrink-0 font-medium">
              {people ? (
                <Link
                  href={people}
                  className="underline decoration-dotted underline-offset-2"
                  aria-label={`${plural(waiting.count, 'person', 'people')}: ${remedy.words}`}
                >
                  {count(waiting.count)}
                </Link>
              ) : (
                count(waiting.count)
              )}
            </span>
            <div className="min-w-0 flex-1">
              <WhyChip
                reason={remedy.words}
                until={until}
                href={remedy.href}
                remedy={change}
                tone={remedy.tone}
              />
              <p className="mt-0.5 text-xs text-ink-2">{`${detail} ${change}`}</p>
            </div>
          </li>
        );
      })}
    </ul>
  );
}
