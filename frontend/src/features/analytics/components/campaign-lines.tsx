import Link from 'next/link';

import { ProgressBar } from '@/components/ui/progress';
import { StatusWord } from '@/components/ui/status';
import type { Schema } from '@/lib/client';
import { count, rateOf, when } from '@/lib/format';
import { paths } from '@/lib/paths';

type Line = Schema<'CampaignLine'>;

/** Each campaign on one line: how far it is, what came of it, when it sends next. */
export function CampaignLines({ campaigns }: { campaigns: readonly Line[] }) {
  if (campaigns.length === 0)
    return <p className="px-4 py-8 text-center text-ink-2">No campaign has run yet.</p>;
  return (
    <ul className="divide-y">
      {campaigns.map((one) => {
        const { progress, totals } = one;
        return (
          <li key={one.campaign_id} className="relative px-4 py-2.5 hover:bg-hover">
            <div className="flex items-baseline justify-between gap-3">
              <Link
                href={paths.campaign(one.campaign_id)}
                prefetch={false}
                className="min-w-0 truncate font-medium after:absolute after:inset-0"
              >
                {one.name}
              </Link>
              <StatusWord status={one.status} className="text-xs" />
            </div>
            <ProgressBar
              className="my-1.5"
              label={one.name}
              total={progress.total}
              segments={[
                { label: 'replied', value: progress.replied, tone: 'replied' },
                { label: 'finished', value: progress.completed, tone: 'accent' },
                { label: 'between steps', value: progress.between_steps, tone: 'sending' },
                { label: 'held', value: progress.held, tone: 'held' },
                {
                  label: 'bounced, unsubscribed or failed',
                  value: progress.bounced + progress.unsubscribed + progress.failed,
                  tone: 'bounced',
                },
                { label: 'blocked', value: progress.blocked, tone: 'bounced' },
                { label: 'not yet', value: progress.not_yet, tone: 'idle', faint: true },
              ]}
            />
            <p className="flex flex-wrap justify-between gap-x-4 text-xs text-ink-2">
              <span>
                {count(totals.sent)} sent ·{' '}
                <span className={totals.replied ? 'text-replied' : ''}>{count(totals.replied)} replied</span>
                {totals.delivered > 0 && `, ${rateOf(totals.replied, totals.delivered, 'delivered')}`}
              </span>
              {one.next_send_at && <span>next {when(one.next_send_at)}</span>}
            </p>
          </li>
        );
      })}
    </ul>
  );
}
