import { Funnel } from '@/components/charts/funnel';

import type { Figures } from '../api/get-overview';

/** Of what was delivered: what people did, with what machines did beside it. */
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
  return (
    <Funnel
      of={sent}
      stages={[
        { label: 'Sent', value: sent, tone: 'sending' },
        { label: 'Delivered', value: delivered, tone: 'sending' },
        ...(tracksOpens || opened + opened_machine > 0
          ? [{ label: 'Opened', value: opened, tone: 'sending' as const, machine: opened_machine }]
          : []),
        ...(tracksClicks || clicked + clicked_machine > 0
          ? [{ label: 'Clicked', value: clicked, tone: 'sending' as const, machine: clicked_machine }]
          : []),
        { label: 'Replied', value: replied, tone: 'replied' },
        { label: 'Interested', value: interested, tone: 'replied' },
        { label: 'Bounced', value: figures.bounced, tone: 'bounced' },
        { label: 'Unsubscribed', value: figures.unsubscribed, tone: 'bounced' },
      ]}
    />
  );
}
