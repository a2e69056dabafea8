import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, test } from 'vitest';

import { RowSurfaces } from '@/components/ui/row-surface';

import type { Simulation } from '../api/get-simulation';
import { PlanGrid } from './plan-calendar';

/** 23:30 in UTC is the next morning in Tokyo, and the plan counts it there. */
const plan: Simulation = {
  messages: [
    {
      lead_id: 'l',
      email: 'ana@example.com',
      step: 1,
      email_account_id: 'b',
      planned_at: '2031-03-09T23:30:00Z',
    },
  ],
  total: 1,
  people: 1,
  left_out: 0,
  days: [{ day: '2031-03-10', email_account_id: 'b', planned: 1, sent: 0 }],
  last_first_mail_at: '2031-03-09T23:30:00Z',
  last_follow_up_at: null,
  until: null,
  beyond: 0,
  beyond_ends_at: null,
  idle_capacity: 0,
  limiting_factor: 'none',
  problem: null,
};

test('days and times of the plan are those of the campaign', async () => {
  render(
    <RowSurfaces>
      <PlanGrid plan={plan} zone="Asia/Tokyo" mailboxes={new Map([['b', 'mira@example.com']])} />
    </RowSurfaces>,
  );
  expect(screen.getByText('10 Mar 2031 08:30')).toBeVisible();
  expect(screen.getByText(/Asia\/Tokyo/)).toBeVisible();
  expect(screen.queryByText('Limited by')).toBeNull();
  await userEvent.click(screen.getByRole('button', { name: '1' }));
  expect(screen.getByText('ana@example.com')).toBeVisible();
  expect(screen.getByText('08:30')).toBeVisible();
});

test('what lies beyond the calendar is counted and not called finished', () => {
  const long = {
    ...plan,
    last_first_mail_at: null,
    until: '2031-06-01T10:00:00Z',
    beyond: 41_999,
    beyond_ends_at: '2033-01-20T10:00:00Z',
  };
  render(
    <RowSurfaces>
      <PlanGrid plan={long} zone="Asia/Tokyo" mailboxes={new Map([['b', 'mira@example.com']])} />
    </RowSurfaces>,
  );
  expect(screen.getByText('42,000')).toBeVisible();
  expect(screen.getByText('41,999')).toBeVisible();
  expect(screen.getByText(/at this pace until about/)).toBeVisible();
  expect(screen.queryByText('Finished')).toBeNull();
});
