import { render, screen } from '@testing-library/react';
import { expect, test } from 'vitest';

import type { Figures } from '../api/get-overview';
import { FiguresFunnel } from './figures-funnel';
import { FiguresRow } from './figures-row';

const figures = {
  attempted: 195,
  sent: 187,
  delivered: 182,
  opened: 0,
  opened_machine: 0,
  clicked: 0,
  clicked_machine: 0,
  replied: 40,
  interested: 10,
  bounced: 5,
  unsubscribed: 2,
} as Figures;

test('a rate is one number, wherever it stands: bounces of attempted, what people do of delivered', () => {
  render(
    <>
      <FiguresRow now={figures} />
      <FiguresFunnel figures={figures} tracksOpens={false} tracksClicks={false} />
    </>,
  );
  for (const [inRow, inFunnel] of [
    ['2.6 % of 195 attempted', '2.6 % of attempted'],
    ['22 % of 182 delivered', '22 % of delivered'],
    ['1.1 % of 182 delivered', '1.1 % of delivered'],
    ['25 % of 40 replies', '25 % of replies'],
  ] as const) {
    expect(screen.getByText(inRow)).toBeVisible();
    expect(screen.getByText(inFunnel)).toBeVisible();
  }
});
