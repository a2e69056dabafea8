'use client';
import {
  Bar,
  CartesianGrid,
  ComposedChart,
  Line,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from 'recharts';

import { compact, day } from '@/lib/format';

import type { DaySeriesProps } from './day-series';
import { axisStyle, tooltipStyle } from './style';

export function DaySeriesDrawing({ rows, series }: Pick<DaySeriesProps, 'rows' | 'series'>) {
  return (
    <ResponsiveContainer width="100%" height="100%">
      <ComposedChart
        // The table beside it is what screen readers and the keyboard get.
        accessibilityLayer={false}
        data={rows as DaySeriesProps['rows'][number][]}
        margin={{ top: 4, right: 4, left: 0, bottom: 0 }}
      >
        <CartesianGrid vertical={false} stroke="var(--line)" />
        <XAxis dataKey="day" tickFormatter={(value: string) => day(value)} minTickGap={28} {...axisStyle} />
        <YAxis width={38} allowDecimals={false} tickFormatter={compact} {...axisStyle} />
        <Tooltip
          {...tooltipStyle}
          labelFormatter={(value) => (typeof value === 'string' ? day(value) : '')}
          cursor={{ fill: 'var(--hover)', opacity: 0.7 }}
        />
        {series.map(({ key, label, color, kind }) =>
          kind === 'line' ? (
            <Line
              key={key}
              dataKey={key}
              name={label}
              stroke={color}
              strokeWidth={1.75}
              dot={false}
              isAnimationActive={false}
            />
          ) : (
            <Bar
              key={key}
              dataKey={key}
              name={label}
              fill={color}
              radius={[2, 2, 0, 0]}
              maxBarSize={18}
              isAnimationActive={false}
            />
          ),
        )}
      </ComposedChart>
    </ResponsiveContainer>
  );
}
