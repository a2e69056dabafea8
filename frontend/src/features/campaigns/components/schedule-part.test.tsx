import { fireEvent, screen, waitFor } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { afterEach, expect, test } from 'vitest';

import { renderAsking, serveApi } from '@/lib/testing';

import type { Campaign } from '../api/list-campaigns';
import { SchedulePart } from './schedule-part';

type Saved = Partial<Pick<Campaign, 'email_account_ids' | 'email_account_weights' | 'settings'>>;

let saved: Saved[] = [];
serveApi(
  http.put('*/api/campaigns/:id', async ({ request }) => {
    saved.push((await request.json()) as Saved);
    return HttpResponse.json({ id: 'c', version: saved.length + 1 });
  }),
);
afterEach(() => {
  saved = [];
});

const box = (id: string) => ({
  id,
  email_address: `${id}@example.com`,
  is_active: true,
  status: 'connected',
  provider: 'smtp',
  smtp: { host: 'smtp.example.com' },
  effective_limit_today: 40,
  daily_limit: 40,
  min_gap_seconds: 600,
  gap_jitter_seconds: 300,
});

function show(): void {
  const campaign = {
    id: 'c',
    status: 'draft',
    email_account_ids: ['ana', 'ben'],
    email_account_weights: { ana: 2, ben: 1 },
    send_schedule: {},
    settings: { match_provider: false },
    progress: { total: 0 },
  } as unknown as Campaign;
  renderAsking(
    <SchedulePart
      campaign={campaign}
      mailboxes={['ana', 'ben'].map(box)}
      readOnly={false}
      renderMailboxes={(chosen, _change, aside) => chosen.map((id) => <div key={id}>{aside(id)}</div>)}
    />,
  );
}

const type = (value: string) =>
  fireEvent.change(screen.getByLabelText('Weight of ana@example.com'), { target: { value } });

test('a weight is saved for every chosen mailbox', async () => {
  show();
  type('4');
  await waitFor(() => expect(saved.at(-1)?.email_account_weights).toEqual({ ana: 4, ben: 1 }));
});

test('a weight that is none is not saved, all else is', async () => {
  show();
  type('7');
  type('2.5');
  await waitFor(() => expect(saved).toHaveLength(1));
  expect(saved[0]).not.toHaveProperty('email_account_weights');
});

test('that the recipient’s own provider goes first is saved', async () => {
  show();
  fireEvent.click(screen.getByRole('switch', { name: /recipient’s own provider/ }));
  await waitFor(() => expect(saved.at(-1)?.settings?.match_provider).toBe(true));
});
