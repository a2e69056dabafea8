import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { expect, test } from 'vitest';

import { renderAsking, serveApi } from '@/lib/testing';

import { aboutOf, FailedJobs } from './failed-jobs';

const PATH = '*/api/jobs/failed';
const server = serveApi();

const job = (id: number, more = {}) => ({
  id,
  name: 'scheduling.plan',
  what: 'Planning a campaign',
  error: 'the server went away',
  attempts: 5,
  failed_at: '2031-03-10T08:00:00Z',
  args: { campaign_id: 'c1' },
  ...more,
});

/** Serves what is kept; what was asked to be tried again is there no more. */
function keep(...kept: ReturnType<typeof job>[]): void {
  server.use(
    http.get(PATH, () => HttpResponse.json(kept)),
    http.post('*/api/jobs/failed/retry', () => {
      const retried = kept.splice(0).length;
      return HttpResponse.json({ retried, waiting: 0 });
    }),
    http.post('*/api/jobs/failed/:id/retry', ({ params }) => {
      kept.splice(
        kept.findIndex((one) => String(one.id) === params.id),
        1,
      );
      return new HttpResponse(null, { status: 204 });
    }),
  );
}

test('what it was, why it failed, when, and what it is about', async () => {
  keep(job(1));
  renderAsking(<FailedJobs />);
  const list = await screen.findByRole('list', { name: 'Failed work' });
  expect(list).toHaveTextContent('Planning a campaign');
  expect(list).toHaveTextContent('Given up after 5 attempts: the server went away');
  expect(within(list).getByText(/10 Mar/)).toHaveAttribute('datetime', '2031-03-10T08:00:00Z');
  expect(within(list).getByRole('link', { name: 'the campaign' })).toHaveAttribute('href', '/campaigns/c1');
  expect(screen.queryByRole('button', { name: /Try all/ })).toBeNull();
});

test('one is tried again and leaves the list', async () => {
  keep(job(1), job(2, { what: 'Reading an import', error: '' }));
  renderAsking(<FailedJobs />);
  await userEvent.click(await screen.findByRole('button', { name: 'Try again: Reading an import' }));
  await waitFor(() => expect(screen.queryByText('Reading an import')).toBeNull());
  expect(screen.getByText('Planning a campaign')).toBeVisible();
});

test('all are tried again at once', async () => {
  keep(job(1), job(2));
  renderAsking(<FailedJobs />);
  await userEvent.click(await screen.findByRole('button', { name: 'Try all 2 again' }));
  expect(await screen.findByText('Nothing failed')).toBeVisible();
});

test('what waits already stays, and the list is asked for anew', async () => {
  let asked = 0;
  server.use(
    http.get(PATH, () => {
      asked += 1;
      return HttpResponse.json(asked === 1 ? [job(1)] : []);
    }),
    http.post('*/api/jobs/failed/1/retry', () =>
      HttpResponse.json({ title: 'Conflict', detail: 'The same work waits.' }, { status: 409 }),
    ),
  );
  renderAsking(<FailedJobs />);
  await userEvent.click(await screen.findByRole('button', { name: 'Try again: Planning a campaign' }));
  expect(await screen.findByText('Nothing failed')).toBeVisible();
});

test('a list that cannot be read says so and is asked for again', async () => {
  let asked = 0;
  server.use(
    http.get(PATH, () => {
      asked += 1;
      return asked === 1
        ? HttpResponse.json({ title: 'Failed', detail: 'It broke.' }, { status: 500 })
        : HttpResponse.json([]);
    }),
  );
  renderAsking(<FailedJobs />);
  expect(await screen.findByRole('alert')).toHaveTextContent('It broke.');
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
  expect(await screen.findByText('Nothing failed')).toBeVisible();
});

test.each([
  [{ import_id: 'i', campaign_id: 'c' }, '/leads/import?id=i'],
  [{ lead_id: 'l' }, '/leads/l'],
  [{ email_account_id: 'm' }, '/mailboxes?mailbox=m'],
])('%o is about %s', (args, href) => {
  expect(aboutOf(args)?.href).toBe(href);
});

test('work about nothing that has a page of its own has no link', () => {
  expect(aboutOf({ day: '2031-03-10' })).toBeNull();
});
