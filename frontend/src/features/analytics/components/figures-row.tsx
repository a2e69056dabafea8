import { Figure, FigureRow } from '@/components/ui/card';
import { count, pointsAgainst, rateOf } from '@/lib/format';

import type { Figures } from '../api/get-overview';

type Part = 'replied' | 'interested' | 'bounced' | 'unsubscribed';

const SHARES: readonly { part: Part; label: string; of: keyof Figures; noun: string; tone?: string }[] = [
  { part: 'replied', label: 'Replied', of: 'delivered', noun: 'delivered', tone: 'text-replied' },
  { part: 'interested', label: 'Interested', of: 'replied', noun: 'replies', tone: 'text-replied' },
  { part: 'bounced', label: 'Bounced', of: 'attempted', noun: 'attempted', tone: 'text-bounced' },
  { part: 'unsubscribed', label: 'Unsubscribed', of: 'delivered', noun: 'delivered' },
];

/** The five numbers that matter, each of its denominator, each against the span before. */
export function FiguresRow({ now, before }: { now: Figures; before?: Figures | undefined }) {
  return (
    <FigureRow>
      <Figure
        label="Sent"
        value={count(now.sent)}
        of={`${count(now.delivered)} delivered`}
        hint={before && before.sent + now.sent > 0 ? `${count(before.sent)} in the period before` : undefined}
      />
      {SHARES.map(({ part, label, of, noun, tone }) => (
        <Figure
          key={part}
          label={label}
          value={count(now[part])}
          tone={now[part] > 0 ? tone : undefined}
          of={rateOf(now[part], now[of], noun)}
          hint={
            before && pointsAgainst({ part: now[part], of: now[of] }, { part: before[part], of: before[of] })
          }
        />
      ))}
    </FigureRow>
  );
}
