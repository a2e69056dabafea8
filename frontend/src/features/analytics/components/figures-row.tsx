import { Figure, FigureRow } from '@/components/ui/card';
import { count, pointsAgainst, rateOf } from '@/lib/format';

import type { Figures } from '../api/get-overview';

/** The five numbers that matter, each of its denominator, each against the span before. */
export function FiguresRow({ now, before }: { now: Figures; before?: Figures | undefined }) {
  const against = (part: keyof Figures, of: keyof Figures) =>
    before ? pointsAgainst({ part: now[part], of: now[of] }, { part: before[part], of: before[of] }) : '';
  return (
    <FigureRow>
      <Figure
        label="Sent"
        value={count(now.sent)}
        of={`${count(now.delivered)} delivered`}
        hint={before && before.sent + now.sent > 0 ? `${count(before.sent)} in the period before` : undefined}
      />
      <Figure
        label="Replied"
        value={count(now.replied)}
        tone={now.replied > 0 ? 'text-replied' : undefined}
        of={rateOf(now.replied, now.delivered, 'delivered')}
        hint={against('replied', 'delivered')}
      />
      <Figure
        label="Interested"
        value={count(now.interested)}
        tone={now.interested > 0 ? 'text-replied' : undefined}
        of={rateOf(now.interested, now.replied, 'replies')}
        hint={against('interested', 'replied')}
      />
      <Figure
        label="Bounced"
        value={count(now.bounced)}
        tone={now.bounced > 0 ? 'text-bounced' : undefined}
        of={rateOf(now.bounced, now.attempted, 'attempted')}
        hint={against('bounced', 'attempted')}
      />
      <Figure
        label="Unsubscribed"
        value={count(now.unsubscribed)}
        of={rateOf(now.unsubscribed, now.delivered, 'delivered')}
        hint={against('unsubscribed', 'delivered')}
      />
    </FigureRow>
  );
}
