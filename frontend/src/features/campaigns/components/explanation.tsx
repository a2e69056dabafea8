'use client';
import { WhyChip } from '@/components/ui/why-chip';
import { count, when } from '@/lib/format';
import { remedyFor } from '@/lib/why';

import { useExplanation } from '../api/get-explanation';

/** Why due messages of this campaign do not go: one reason each, until when, what would change it. */
export function Explanation({ campaign }: { campaign: string }) {
  const { data, isPending } = useExplanation(campaign);
  if (isPending || !data) return null;
  if (data.reasons.length === 0)
    return <p className="text-ink-2">Nothing is waiting. All that is due is going out.</p>;
  return (
    <ul className="divide-y">
      {data.reasons.map((reason) => {
        const remedy = remedyFor(reason.code, { campaign });
        return (
          <li key={reason.code} className="flex gap-3 py-2 first:pt-0 last:pb-0">
            <span className="min-w-5 shrink-0 font-medium">{count(reason.count)}</span>
            <div className="min-w-0 flex-1">
              <WhyChip
                reason={remedy.words}
                until={reason.until ? `until ${when(reason.until)}` : undefined}
                href={remedy.href}
                remedy={reason.change}
                tone={remedy.tone}
              />
              <p className="mt-0.5 text-xs text-ink-2">
                {reason.detail} {reason.change}
              </p>
            </div>
          </li>
        );
      })}
    </ul>
  );
}
