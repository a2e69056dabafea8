import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { beforeEach, expect, test } from 'vitest';

import { renderAsking, serveApi } from '@/lib/testing';

import type { Doubts } from '../api/get-doubts';
import { ManualResolution } from './manual-resolution';

const GROUP = {
  email_account_id: 'm',
  email_address: 'mira@brightfjord.example',
  stage: 'no_answer',
  count: 40,
  basis: 'mailbox',
  arrived: 18,
  settled: 24,
} as const;
const KNOWN: Doubts = {
  count: 40,
  groups: [GROUP],
  likely_arrived: 30,
  without_evidence: 0,
  arrived: 18,
  settled: 24,
};
const NOTHING_KNOWN: Doubts = {
  ...KNOWN,
  groups: [{ ...GROUP, basis: 'none', arrived: 0, settled: 0 }],
  likely_arrived: null,
  without_evidence: 40,
  arrived: 0,
  settled: 0,
};

let doubts = KNOWN;
let asked: unknown[] = [];
serveApi(
  http.get('*/api/unknown-messages', () => HttpResponse.json(doubts)),
  http.post('*/api/unknown-messages/resolve', async ({ request }) => {
    asked.push(await request.json());
    return HttpResponse.json({ resolved: 38, skipped: 1, ended: 1, left: 1 });
  }),
);
beforeEach(() => {
  doubts = KNOWN;
  asked = [];
});

async function open(): Promise<void> {
  renderAsking(<ManualResolution campaign="c" />);
  await userEvent.click(screen.getByRole('button', { name: /Decide about all/ }));
}

test('all of a campaign are decided in one request, after the likely share was shown', async () => {
  await open();
  expect(await screen.findByText('40 messages in doubt')).toBeVisible();
  expect(screen.getByText('30 of 40')).toBeVisible();
  expect(screen.getByText('18 of 24 had arrived here')).toBeVisible();
  expect(asked).toEqual([]);
  await userEvent.click(screen.getByRole('button', { name: 'Send all again (40)' }));
  await waitFor(() =>
    expect(asked).toEqual([{ decision: 'resend', campaign_id: 'c', email_account_id: null, all: false }]),
  );
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
});

test('where no doubt was settled yet it says so', async () => {
  doubts = NOTHING_KNOWN;
  await open();
  expect(await screen.findByText(/There is no evidence of how many of them arrived/)).toBeVisible();
  expect(screen.getByText('no evidence')).toBeVisible();
});
