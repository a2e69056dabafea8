import { WhyChip } from '@/components/ui/why-chip';
import { count, when } from '@/lib/format';
import { remedyFor } from '@/lib/why';

export interface Waiting {
  reason: string;
  detail: string;
  count: number;
  until: string | null;
}

/** Every message that is due and does not go has exactly one reason; here they are, counted. */
export function WaitingList({ reasons }: { reasons: readonly Waiting[] }) {
  if (reasons.length === 0)
    return <p className="text-ink-2">Nothing is waiting. All that is due is going out.</p>;
  return (
    <ul className="divide-y">
      {reasons.map((waiting) => {
        const remedy = remedyFor(waiting.reason);
        return (
          <li key={waiting.reason} className="flex items-start gap-3 py-2">
            <span className="min-w-5 shrink-0 font-medium">{count(waiting.count)}</span>
            <span className="min-w-0 flex-1">
              <WhyChip
                reason={remedy.words}
                until={waiting.until ? `until ${when(waiting.until)}` : undefined}
                href={remedy.href}
                remedy={remedy.change}
                tone={remedy.tone}
              />
              {waiting.detail && <span className="mt-0.5 block text-xs text-ink-2">{waiting.detail}</span>}
            </span>
          </li>
        );
      })}
    </ul>
  );
}
