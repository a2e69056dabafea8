import { cn } from '@/lib/cn';

/** The day by hour: what is planned as an outline, what has been sent as its filling. */
export function HourStrip({
  hours,
  now,
  className,
}: {
  hours: readonly { hour: number; planned: number; sent: number }[];
  /** The hour it is, marked. */
  now: number;
  className?: string;
}) {
  const byHour = new Map(hours.map((hour) => [hour.hour, hour]));
  const top = Math.max(1, ...hours.map(({ planned, sent }) => Math.max(planned, sent)));
  return (
    <div className={cn('flex h-20 items-end gap-0.5', className)} role="img" aria-label={said(hours)}>
      {Array.from({ length: 24 }, (_, hour) => {
        const { planned = 0, sent = 0 } = byHour.get(hour) ?? {};
        const all = Math.max(planned, sent);
        return (
          <div
            key={hour}
            title={`${hour}:00 · ${sent} sent of ${all} planned`}
            className="flex h-full min-w-0 flex-1 flex-col justify-end"
          >
            <div
              className="relative w-full overflow-hidden rounded-t-[2px] bg-sending-soft"
              style={{ height: `${(all / top) * 100}%`, minHeight: all ? 3 : 0 }}
            >
              <div
                className="absolute inset-x-0 bottom-0 bg-sending"
                style={{ height: all ? `${(sent / all) * 100}%` : 0 }}
              />
            </div>
            <div className={cn('mt-px h-px w-full', hour === now ? 'bg-ink' : 'bg-line')} />
            <div
              className={cn(
                'h-4 text-center text-2xs text-ink-3',
                // Two numbers side by side would read as one.
                (hour % 6 !== 0 || Math.abs(hour - now) === 1) && hour !== now && 'invisible',
                hour === now && 'font-medium text-ink',
              )}
            >
              {hour}
            </div>
          </div>
        );
      })}
    </div>
  );
}

function said(hours: readonly { hour: number; planned: number; sent: number }[]): string {
  const busy = hours.filter(({ planned, sent }) => planned + sent > 0);
  if (busy.length === 0) return 'Nothing planned today';
  return busy
    .map(({ hour, planned, sent }) => `${hour} o'clock ${sent} of ${Math.max(planned, sent)}`)
    .join(', ');
}
