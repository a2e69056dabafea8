'use client';
import dynamic from 'next/dynamic';

import { Skeleton } from '@/components/ui/states';
import { day as dayWords } from '@/lib/format';

import { ChartFrame, LegendItem } from './frame';

export interface Series {
  key: string;
  label: string;
  /** A CSS colour, a token as `var(--sending)`. */
  color: string;
  kind?: 'bar' | 'line';
}

export interface DaySeriesProps {
  caption: string;
  /** One row a day: `day` as YYYY-MM-DD and a number for each series. */
  rows: readonly ({ day: string } & Record<string, number | string>)[];
  series: readonly Series[];
  height?: number;
}

const Drawing = dynamic(() => import('./day-series-drawing').then((file) => file.DaySeriesDrawing), {
  ssr: false,
  loading: () => <Skeleton className="h-full w-full" />,
});

/** Figures by day: bars for what happened, lines for what it is measured by. */
export function DaySeries({ caption, rows, series, height }: DaySeriesProps) {
  return (
    <ChartFrame
      height={height}
      legend={series.map(({ key, label, color }) => (
        <LegendItem key={key} color={color} label={label} />
      ))}
      table={{
        caption,
        head: ['Day', ...series.map((one) => one.label)],
        rows: rows.map((row) => [dayWords(row.day), ...series.map(({ key }) => row[key] ?? 0)]),
      }}
    >
      <Drawing rows={rows} series={series} />
    </ChartFrame>
  );
}
