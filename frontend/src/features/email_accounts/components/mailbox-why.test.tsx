import { screen, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { expect, test } from 'vitest';

import { renderAsking, serveApi } from '@/lib/testing';

import { MailboxWhy } from './mailbox-why';

const PATH = '*/api/email-accounts/box/explain';
const server = serveApi();

const told = {
  email_account_id: 'box',
  email_address: 'mira@example.com',
  held: null,
  next_turn_at: '2031-03-10T08:00:00Z',
  sent_today: 5,
  limit_today: 12,
  limited_by: 'ramp',
  due: 3,
  timezone: 'Asia/Tokyo',
  caps: [
    { code: 'domain_cap', limit: 60, used: 57, left: 3, set_in: 'organization' },
    { code: 'ramp', limit: 12, used: 5, left: 7, set_in: 'mailbox' },
    { code: 'mailbox_cap', limit: 40, used: 5, left: 35, set_in: 'mailbox' },
  ],
  campaigns: [{ campaign_id: 'c', name: 'Spring', due: 3 }],
};

function show(): void {
  renderAsking(<MailboxWhy mailbox="box" />);
}

test('the cap with the least room stands first and is called the tightest', async () => {
  server.use(http.get(PATH, () => HttpResponse.json(told)));
  show();
  const caps = await screen.findByRole('table', { name: 'Caps that hold now' });
  const [, first, ...others] = within(caps).getAllByRole('row');
  expect(first).toHaveTextContent(/Its domain.*57 of 60.*3 left.*the tightest/);
  expect(others).toHaveLength(2);
  for (const other of others) expect(other).not.toHaveTextContent('the tightest');
  expect(screen.getByText('10 Mar 2031 17:00', { exact: false })).toBeVisible();
  expect(screen.getByRole('link', { name: 'Spring' })).toHaveAttribute('href', '/campaigns/c');
  const where = within(first!).getByRole('link', { name: 'set for the organization' });
  expect(where).toHaveAttribute('href', '/settings?part=organization');
});

test('a mailbox that is held says by what, until when in its own zone, and what changes it', async () => {
  const held = {
    code: 'domain_cap',
    detail: "The sending domain's daily limit is reached.",
    change: 'The next day begins, or the limit is raised.',
    until: '2031-03-10T15:00:00Z',
  };
  server.use(http.get(PATH, () => HttpResponse.json({ ...told, held, campaigns: [] })));
  show();
  expect(await screen.findByText('domain cap reached')).toBeVisible();
  expect(screen.getByText('11 Mar 2031 00:00', { exact: false })).toBeVisible();
  expect(screen.getByText('No running campaign uses it.')).toBeVisible();
});

test('an answer that does not come offers to ask again', async () => {
  server.use(http.get(PATH, () => HttpResponse.json({ detail: 'It broke.' }, { status: 500 })));
  show();
  expect(screen.getByRole('status', { name: 'Looking why' })).toBeVisible();
  expect(await screen.findByRole('alert')).toHaveTextContent('It broke.');
  expect(screen.getByRole('button', { name: 'Try again' })).toBeVisible();
});
