import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { expect, test } from 'vitest';

import { RowSurfaces } from '@/components/ui/row-surface';
import { renderAsking, serveApi } from '@/lib/testing';

import { EnrollmentWhy } from './enrollment-why';

const PATH = '*/api/campaigns/c/enrollments/e/explain';
const server = serveApi();

const told = {
  enrollment_id: 'e',
  email: 'ana@example.com',
  step: 2,
  next_due_at: '2031-03-10T08:00:00Z',
  email_account_id: 'box',
  timezone: 'Asia/Tokyo',
  held: {
    code: 'mailbox_cap',
    detail: "The mailbox's daily limit is reached.",
    change: 'The next day begins, or the limit is raised.',
    until: '2031-03-10T08:00:00Z',
  },
};

async function ask(): Promise<void> {
  renderAsking(
    <RowSurfaces>
      <EnrollmentWhy
        campaign="c"
        enrollment="e"
        lead="l"
        email="ana@example.com"
        mailboxes={new Map([['box', 'mira@example.com']])}
      >
        Why
      </EnrollmentWhy>
    </RowSurfaces>,
  );
  await userEvent.click(screen.getByRole('button', { name: 'Why' }));
}

test('a held person tells the rule, until when in the zone of the campaign, and what changes it', async () => {
  server.use(http.get(PATH, () => HttpResponse.json(told)));
  await ask();
  expect(await screen.findByText('mailbox cap reached')).toBeVisible();
  expect(screen.getAllByText('10 Mar 2031 17:00')).toHaveLength(2);
  expect(screen.getAllByText('Asia/Tokyo')).not.toHaveLength(0);
  expect(screen.getByText(/the limit is raised/)).toBeVisible();
  expect(screen.getByRole('link', { name: 'Open the mailbox' })).toHaveAttribute(
    'href',
    '/mailboxes?mailbox=box',
  );
  expect(screen.getByText('mira@example.com')).toBeVisible();
});

test('what no passing of time changes has no fixed time', async () => {
  const held = { code: 'campaign_not_active', detail: 'Not running.', change: 'Start it.', until: null };
  server.use(http.get(PATH, () => HttpResponse.json({ ...told, held, next_due_at: null })));
  await ask();
  expect(await screen.findByText('no fixed time')).toBeVisible();
});

test('nothing in the way says so', async () => {
  server.use(http.get(PATH, () => HttpResponse.json({ ...told, held: null })));
  await ask();
  expect(await screen.findByText('Nothing is in its way.')).toBeVisible();
});

test('an answer that does not come is told, and asked for again', async () => {
  let asked = 0;
  server.use(
    http.get(PATH, () => {
      asked += 1;
      return asked === 1
        ? HttpResponse.json({ title: 'Failed', detail: 'It broke.' }, { status: 500 })
        : HttpResponse.json(told);
    }),
  );
  await ask();
  expect(await screen.findByRole('alert')).toHaveTextContent('It broke.');
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
  expect(await screen.findByText('mailbox cap reached')).toBeVisible();
});
