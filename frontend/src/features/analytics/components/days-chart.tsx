'use client';
import { DaySeries } from '@/components/charts/day-series';
import type { Schema } from '@/lib/client';

export function DaysChart({
  days,
  caption,
  height,
}: {
  days: readonly Schema<'DayFigures'>[];
  caption: string;
  height?: number;
}) {
  return (
    <DaySeries
      caption={caption}
      height={height}
      rows={days.map(({ day, sent, replied, bounced }) => ({ day, sent, replied, bounced }))}
      series={[
        { key: 'sent', label: 'Sent', color: 'var(--sending)' },
        { key: 'replied', label: 'Replied', color: 'var(--replied)' },
        { key: 'bounced', label: 'Bounced', color: 'var(--bounced)' },
      ]}
    />
  );
}
