import { Funnel } from '@/components/charts/funnel';

import type { Figures } from '../api/get-overview';

/** What came of what was sent, each rate of the number that the row of figures takes; what machines did beside it. */
export function FiguresFunnel({
  figures,
  tracksOpens,
  tracksClicks,
}: {
  figures: Figures;
  tracksOpens: boolean;
  tracksClicks: boolean;
}) {
  const { sent, delivered, opened, opened_machine, clicked, clicked_machine, replied, interested } = figures;
  const ofDelivered = { of: delivered, noun: 'delivered' };
  return (
    <Funnel
      of={sent}
      stages={[
        { label: 'Sent', value: sent, tone: 'sending' },
        { label: 'Delivered', value: delivered, tone: 'sending', share: { of: sent, noun: 'sent' } },
        ...(tracksOpens || opened + opened_machine > 0
          ? [
              {
                label: 'Opened',
                value: opened,
                tone: 'sending' as const,
                machine: opened_machine,
                share: ofDelivered,
              },
            ]
          : []),
        ...(tracksClicks || clicked + clicked_machine > 0
          ? [
              {
                label: 'Clicked',
                value: clicked,
                tone: 'sending' as const,
                machine: clicked_machine,
                share: ofDelivered,
              },
            ]
          : []),
        { label: 'Replied', value: replied, tone: 'replied', share: ofDelivered },
        { label: 'Interested', value: interested, tone: 'replied', share: { of: replied, noun: 'replies' } },
        {
          label: 'Bounced',
          value: figures.bounced,
          tone: 'bounced',
          share: { of: figures.attempted, noun: 'attempted' },
        },
        { label: 'Unsubscribed', value: figures.unsubscribed, tone: 'bounced', share: ofDelivered },
      ]}
    />
  );
}
