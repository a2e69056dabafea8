import { cn } from '@/lib/cn';
import { count } from '@/lib/format';
import { remedyFor, type WhyContext } from '@/lib/why';

import { WhyChip } from './why-chip';

export interface Waiting {
  code: string;
  detail: string;
  count: number;
  until: string | null;
  /** What would change it, where the server says so. */
  change?: string;
}

/** Every message that is due and does not go has exactly one reason; here they are, counted. */
export function WaitingList({
  reasons,
  context,
  className,
}: {
  reasons: readonly Waiting[];
  context?: WhyContext;
  className?: string;
}) {
  if (reasons.length === 0)
    return <p className="text-ink-2">Nothing is waiting. All that is due is going out.</p>;
  return (
    <ul className={cn('divide-y', className)}>
      {reasons.map(({ code, detail, until, change, ...waiting }) => {
        const remedy = remedyFor(code, context);
        const told = [detail, change].filter(Boolean).join(' ');
        return (
          <li key={code} className="flex items-start gap-3 py-2">
            <span className="min-w-5 shrink-0 font-medium">{count(waiting.count)}</span>
            <div className="min-w-0 flex-1">
              <WhyChip
                reason={remedy.words}
                until={until}
                href={remedy.href}
                remedy={change ?? remedy.change}
                tone={remedy.tone}
              />
              {told && <p className="mt-0.5 text-xs text-ink-2">{told}</p>}
            </div>
          </li>
        );
      })}
    </ul>
  );
}
