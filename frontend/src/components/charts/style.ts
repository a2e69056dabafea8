export const axisStyle = {
  stroke: 'var(--line)',
  tick: { fill: 'var(--ink-3)', fontSize: 11 },
  tickLine: false,
  axisLine: false,
} as const;

export const tooltipStyle = {
  contentStyle: {
    background: 'var(--raised)',
    border: '1px solid var(--line)',
    borderRadius: 6,
    fontSize: 12,
    padding: '6px 10px',
    boxShadow: 'var(--shadow-float)',
  },
  labelStyle: { color: 'var(--ink-2)', marginBottom: 2 },
  itemStyle: { color: 'var(--ink)', padding: 0 },
  isAnimationActive: false,
} as const;
