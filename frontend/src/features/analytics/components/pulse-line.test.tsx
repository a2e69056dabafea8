import { render, screen } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { expect, test } from 'vitest';

import { renderAsking, serveApi } from '@/lib/testing';

import { idleWords, PulseLine, PulsePlan, saidToday } from './pulse-line';

const server = serveApi();

const pulse = {
  now: '2031-03-10T08:00:00Z',
  active_campaigns: 1,
  mailboxes_sending: 2,
  mailboxes_in_trouble: 0,
  next_send_at: '2031-03-10T08:01:00Z',
  idle: null,
  sent_today: 3,
  planned_today: 40,
  waiting: [],
  hours: [],
  unread_threads: 0,
  last_seq: 1,
};

function show(more = {}): void {
  server.use(http.get('*/api/pulse', () => HttpResponse.json({ ...pulse, ...more })));
  renderAsking(<PulseLine live="live" zone="UTC" />);
}

test('while something is sent: who sends, when the next one goes, how far the day is', async () => {
  show();
  expect(await screen.findByText('2 mailboxes sending')).toBeVisible();
  expect(screen.getByText(/next/)).toBeVisible();
  expect(screen.getByText(/3 of 40 planned today sent/)).toBeVisible();
});

test.each([
  ['paused', 'Nothing is sent: every campaign is paused'],
  ['no_mailbox', 'Nothing is sent: no mailbox can send'],
  ['restored', 'Nothing is sent: held since the database was restored'],
] as const)('%s: that nothing is sent is said first, and no next one is promised', async (idle, words) => {
  show({ idle });
  expect(await screen.findByText(words)).toBeVisible();
  expect(screen.queryByText(/next/)).toBeNull();
  expect(screen.queryByText(/sending$/)).toBeNull();
});

test('nobody is said to be sending while the next turn is on another day of the organization', async () => {
  show({ next_send_at: '2031-03-11T08:00:00Z' });
  expect(await screen.findByText('Nothing more to send today')).toBeVisible();
  expect(screen.getByText(/next in/)).toBeVisible();
  expect(screen.queryByText(/sending$/)).toBeNull();
});

test('the hours say whose they are where the reader has others', () => {
  const known = { ...pulse, idle: null, skewMs: 0 };
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const { rerender } = render(<PulsePlan pulse={known} zone={own} />);
  expect(screen.queryByText(/^Hours of/)).toBeNull();
  rerender(<PulsePlan pulse={known} zone="Pacific/Kiritimati" />);
  expect(screen.getByText('Hours of Pacific/Kiritimati')).toBeVisible();
});

test('the plan of the day says the same', () => {
  expect(idleWords({ idle: null })).toBeNull();
  expect(saidToday({ ...pulse, idle: 'paused', planned_today: 3 })).toBe(
    '3 sent today. Nothing is sent: every campaign is paused.',
  );
  expect(saidToday({ ...pulse, idle: null })).toBe('3 sent of 40 planned today.');
});
