import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
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

const box = (id: string, more = {}) => ({
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
  ...more,
});

function show(
  weights: Record<string, number>,
  { boxes = Object.keys(weights).map((id) => box(id)), status = 'draft', readOnly = false } = {},
) {
  const campaign = {
    id: 'c',
    status,
    email_account_ids: Object.keys(weights),
    email_account_weights: weights,
    send_schedule: {},
    settings: { match_provider: false },
    progress: { total: 0 },
  } as unknown as Campaign;
  renderAsking(
    <SchedulePart
      campaign={campaign}
      mailboxes={boxes}
      readOnly={readOnly}
      renderMailboxes={(chosen, _change, aside) => (
        <ul>
          {chosen.map((id) => (
            <li key={id} aria-label={id}>
              {aside(id)}
            </li>
          ))}
        </ul>
      )}
    />,
  );
}

const share = (id: string) => screen.getByRole('listitem', { name: id });
const weight = (id: string) => screen.getByLabelText(`Weight of ${id}@example.com`);

async function type(id: string, text: string): Promise<void> {
  await userEvent.clear(weight(id));
  await userEvent.type(weight(id), text);
}

test('new people are spread evenly unless weights say otherwise', () => {
  show({ ana: 1, ben: 1, cleo: 1 });
  expect(screen.getByRole('radio', { name: 'Evenly' })).toBeChecked();
  expect(share('ben')).toHaveTextContent('33.3 %');
  expect(screen.queryByLabelText(/^Weight of/)).toBeNull();
});

test('weights that were saved are shown again with the share each gives', () => {
  show({ ana: 3, ben: 1, cleo: 0 });
  expect(screen.getByRole('radio', { name: 'By weight' })).toBeChecked();
  expect(weight('ana')).toHaveValue('3');
  expect(share('ana')).toHaveTextContent('75 %');
  expect(share('cleo')).toHaveTextContent('0 %');
});

test('a weight is saved for every chosen mailbox', async () => {
  show({ ana: 1, ben: 1 });
  await userEvent.click(screen.getByRole('radio', { name: 'By weight' }));
  await type('ana', '4');
  expect(share('ana')).toHaveTextContent('80 %');
  await waitFor(() => expect(saved.at(-1)?.email_account_weights).toEqual({ ana: 4, ben: 1 }));
});

test('evenly again says so for every mailbox, whatever was typed', async () => {
  show({ ana: 3, ben: 0 });
  await userEvent.click(screen.getByRole('radio', { name: 'Evenly' }));
  expect(share('ben')).toHaveTextContent('50 %');
  await waitFor(() => expect(saved.at(-1)?.email_account_weights).toEqual({ ana: 1, ben: 1 }));
});

test.each([
  ['2.5', 'not “2.5”'],
  ['101', 'At most 100'],
  ['-1', 'not “-1”'],
])('a weight of %s is told at its field and not saved', async (text, words) => {
  show({ ana: 2, ben: 1 });
  fireEvent.change(weight('ana'), { target: { value: '7' } });
  fireEvent.change(weight('ana'), { target: { value: text } });
  expect(within(share('ana')).getByRole('alert')).toHaveTextContent(words);
  expect(weight('ana')).toBeInvalid();
  expect(share('ben')).toHaveTextContent('–');
  await waitFor(() => expect(saved).toHaveLength(1));
  expect(saved[0]).not.toHaveProperty('email_account_weights');
});

test('weights that leave nobody a sender are refused', async () => {
  show({ ana: 2, ben: 0 });
  await type('ana', '0');
  expect(screen.getByRole('alert')).toHaveTextContent('give at least one mailbox a weight above 0');
});

test('one mailbox alone gets everybody, whatever it weighed', () => {
  show({ ana: 0 });
  expect(share('ana')).toHaveTextContent('100 %');
  expect(screen.queryByLabelText(/^Weight of/)).toBeNull();
});

test('the share of a mailbox that cannot send goes to the others', () => {
  show({ ana: 1, ben: 1 }, { boxes: [box('ana'), box('ben', { is_active: false })] });
  expect(share('ana')).toHaveTextContent('100 %');
  expect(share('ben')).toHaveTextContent('0 %');
});

test('a running campaign says whom a change concerns', () => {
  show({ ana: 1, ben: 1 }, { status: 'active' });
  expect(screen.getByText(/people who have no message yet/)).toBeVisible();
});

test('a mailbox of the same provider is preferred once it is asked for', async () => {
  show({ ana: 1, ben: 1 }, { boxes: [box('ana', { smtp: { host: 'smtp.gmail.com' } }), box('ben')] });
  await userEvent.click(screen.getByRole('switch', { name: /recipient’s own provider/ }));
  expect(screen.getByText(/Chosen here: 1 at Google/)).toBeVisible();
  await waitFor(() => expect(saved.at(-1)?.settings?.match_provider).toBe(true));
});

test('an archived campaign shows shares and lets nothing be changed', () => {
  show({ ana: 3, ben: 1 }, { readOnly: true });
  expect(weight('ana')).toBeDisabled();
  expect(screen.queryByRole('radio', { name: 'Evenly' })).toBeNull();
});
