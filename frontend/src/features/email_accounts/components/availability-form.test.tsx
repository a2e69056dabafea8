import { fireEvent, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { afterEach, expect, test } from 'vitest';

import { renderAsking, serveApi } from '@/lib/testing';

import type { Mailbox } from '../api/list-mailboxes';
import { AvailabilityForm } from './availability-form';

let saved: Record<string, unknown>[] = [];
serveApi(
  http.put('*/api/email-accounts/:id', async ({ request }) => {
    saved.push((await request.json()) as Record<string, unknown>);
    return HttpResponse.json({ id: 'box' });
  }),
);
afterEach(() => {
  saved = [];
});

function show(part: Partial<Mailbox> = {}) {
  const mailbox = { id: 'box', timezone: 'Europe/Oslo', workday: null, absences: [], ...part } as Mailbox;
  return renderAsking(<AvailabilityForm mailbox={mailbox} readOnly={false} />);
}

const save = () => screen.getByRole('button', { name: 'Save hours' });

test('a mailbox of any hour gets hours of its own', async () => {
  show();
  expect(save()).toBeDisabled();
  await userEvent.click(screen.getByRole('switch'));
  await userEvent.click(save());
  await waitFor(() => expect(saved).toHaveLength(1));
  const week = saved[0]?.workday as Record<string, string[][]>;
  expect(Object.keys(week)).toEqual(['mon', 'tue', 'wed', 'thu', 'fri']);
  expect(week.mon).toEqual([['09:00', '17:00']]);
});

test('switching the hours off again says every hour, for nothing would change nothing', async () => {
  show({ workday: { mon: [['08:30', '12:00']] } });
  expect(screen.getByText(/Mon 08:30–12:00, Europe\/Oslo/)).toBeVisible();
  await userEvent.click(screen.getByRole('switch'));
  await userEvent.click(save());
  await waitFor(() => expect(saved).toHaveLength(1));
  expect((saved[0]?.workday as Record<string, string[][]>).sun).toEqual([['00:00', '24:00']]);
});

test('days away that end before they begin are told at their line and not saved', async () => {
  show();
  await userEvent.click(screen.getByRole('button', { name: 'Add days away' }));
  fireEvent.change(screen.getByLabelText('First day away, 1'), { target: { value: '2030-07-14' } });
  fireEvent.change(screen.getByLabelText('Last day away, 1'), { target: { value: '2030-07-01' } });
  await userEvent.click(save());
  expect(screen.getByRole('alert')).toHaveTextContent('before the first');
  expect(saved).toEqual([]);
  fireEvent.change(screen.getByLabelText('Last day away, 1'), { target: { value: '2030-07-20' } });
  await userEvent.click(save());
  await waitFor(() => expect(saved[0]?.absences).toEqual([{ start: '2030-07-14', end: '2030-07-20' }]));
});

test('days away can be taken back', async () => {
  show({ absences: [{ start: '2030-07-01', end: '2030-07-02' }] });
  await userEvent.click(screen.getByRole('button', { name: 'Remove days away, 1' }));
  await userEvent.click(save());
  await waitFor(() => expect(saved[0]?.absences).toEqual([]));
});
