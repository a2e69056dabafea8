'use client';
import { useRef, useState, type KeyboardEvent } from 'react';

import { Button } from '@/components/ui/button';
import { cn } from '@/lib/cn';
import { dayName, hoursOf, OFFICE_WEEK, WEEKDAYS, WHOLE_WEEK, windowsOf, type Windows } from '@/lib/week';

const PRESETS: { label: string; windows: Windows }[] = [
  { label: 'Mon–Fri 9–17', windows: OFFICE_WEEK },
  {
    label: 'Mon–Fri 8–12, 13–18',
    windows: Object.fromEntries(
      WEEKDAYS.slice(0, 5).map((day) => [
        day,
        [
          ['08:00', '12:00'],
          ['13:00', '18:00'],
        ],
      ]),
    ),
  },
  { label: 'Every hour', windows: WHOLE_WEEK },
];

/** The week as hours that are open or shut. Drag to paint; arrow keys and space do the same. */
export function HoursGrid({
  label = 'Sending hours',
  windows,
  onChange,
  readOnly,
}: {
  label?: string;
  windows: Windows;
  onChange: (windows: Windows) => void;
  readOnly: boolean;
}) {
  const grid = useRef<HTMLDivElement>(null);
  const painting = useRef<boolean | null>(null);
  const [focus, setFocus] = useState<[number, number]>([0, 9]);
  const week = WEEKDAYS.map((day) => hoursOf(windows[day]));

  function set(row: number, hour: number, on: boolean): void {
    const day = WEEKDAYS[row];
    const hours = week[row];
    if (!day || !hours || readOnly || hours[hour] === on) return;
    const next = windowsOf(hours.map((old, at) => (at === hour ? on : old)));
    const all: Windows = { ...windows, [day]: next };
    if (next.length === 0) delete all[day];
    onChange(all);
  }
  function onKey(event: KeyboardEvent, row: number, hour: number): void {
    const moves: Record<string, [number, number]> = {
      ArrowUp: [-1, 0],
      ArrowDown: [1, 0],
      ArrowLeft: [0, -1],
      ArrowRight: [0, 1],
    };
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    const to: [number, number] = [(row + move[0] + 7) % 7, (hour + move[1] + 24) % 24];
    setFocus(to);
    grid.current?.querySelector<HTMLElement>(`[data-cell="${to[0]}-${to[1]}"]`)?.focus();
  }
  return (
    <div>
      <div className="scroll-slim overflow-x-auto">
        <div
          ref={grid}
          role="grid"
          aria-label={label}
          aria-readonly={readOnly}
          className="touch-pan-y md:min-w-[29rem] select-none"
          onPointerUp={() => (painting.current = null)}
          onPointerLeave={() => (painting.current = null)}
        >
          <div role="row" className="grid grid-cols-[2.5rem_repeat(24,1fr)] text-2xs text-ink-3">
            <span role="columnheader">
              <span className="sr-only">Day</span>
            </span>
            {Array.from({ length: 24 }, (_, hour) => (
              <span key={hour} role="columnheader">
                <span className={hour % 3 === 0 ? undefined : 'sr-only'}>{hour}</span>
              </span>
            ))}
          </div>
          {WEEKDAYS.map((day, row) => (
            <div key={day} role="row" className="grid grid-cols-[2.5rem_repeat(24,1fr)] items-center">
              <span role="rowheader" className="text-xs text-ink-2">
                {dayName(day)}
              </span>
              {week[row]?.map((on, hour) => (
                <button
                  key={hour}
                  type="button"
                  role="gridcell"
                  aria-selected={on}
                  aria-label={`${dayName(day)} ${hour}:00 to ${hour + 1}:00, ${on ? 'open' : 'shut'}`}
                  disabled={readOnly}
                  data-cell={`${row}-${hour}`}
                  tabIndex={focus[0] === row && focus[1] === hour ? 0 : -1}
                  onKeyDown={(event) => onKey(event, row, hour)}
                  onClick={(event) => {
                    // From the keyboard; the pointer has painted already.
                    if (event.detail === 0) set(row, hour, !on);
                  }}
                  onPointerDown={(event) => {
                    event.currentTarget.releasePointerCapture(event.pointerId);
                    painting.current = !on;
                    set(row, hour, !on);
                  }}
                  onPointerEnter={() => {
                    if (painting.current !== null) set(row, hour, painting.current);
                  }}
                  className={cn(
                    'm-px h-6 rounded-[3px] transition-colors focus-visible:z-10',
                    on ? 'bg-accent' : 'bg-sunken hover:bg-line-strong',
                    readOnly && 'opacity-70',
                  )}
                />
              ))}
            </div>
          ))}
        </div>
      </div>
      {!readOnly && (
        <div className="mt-2 flex flex-wrap gap-1">
          {PRESETS.map((preset) => (
            <Button key={preset.label} variant="ghost" size="sm" onClick={() => onChange(preset.windows)}>
              {preset.label}
            </Button>
          ))}
        </div>
      )}
    </div>
  );
}
