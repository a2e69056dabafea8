import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { expect, test } from 'vitest';

import { renderAsking, serveApi } from '@/lib/testing';

import { useCampaign } from '../api/get-campaign';
import type { Campaign } from '../api/list-campaigns';
import { SenderGoneNotice } from './sender-gone-notice';

const asked: unknown[] = [];
const server = serveApi(
  http.post('*/api/campaigns/:id/hand-over', async ({ request }) => {
    asked.push(await request.json());
    return HttpResponse.json({ people: 2 }, { status: 202 });
  }),
);

const show = (waiting: number, canWrite = true) =>
  renderAsking(
    <SenderGoneNotice
      campaign={{ id: 'one', progress: { blocked_by: { sender_gone: waiting } } } as unknown as Campaign}
      canWrite={canWrite}
    />,
  );

test.each([
  ['Go on from another mailbox', 'Go on', 'continue'],
  ['Stop', 'Stop', 'stop'],
])('“%s” is asked once more and then chosen', async (opener, action, choice) => {
  show(2);
  await userEvent.click(screen.getByRole('button', { name: opener }));
  expect(asked).toEqual([]);
  await userEvent.click(within(screen.getByRole('alertdialog')).getByRole('button', { name: action }));
  await waitFor(() => expect(asked.splice(0)).toEqual([{ choice }]));
  // Until it is done nobody can choose once more.
  expect(await screen.findByText(/This page follows by itself/)).toBeVisible();
  expect(screen.queryByRole('button')).toBeNull();
});

test('where nobody waits nothing is said, and who may not choose sees no button', () => {
  const { container } = show(0);
  expect(container).toBeEmptyDOMElement();
  show(1, false);
  expect(screen.getByText(/1 person wait/)).toBeVisible();
  expect(screen.queryByRole('button')).toBeNull();
});

test('after the choice the campaign is asked for until nobody waits any more', async () => {
  let waiting = 2;
  let reads = 0;
  server.use(
    http.get('*/api/campaigns/one', () => {
      reads += 1;
      if (reads > 2) waiting = 0;
      return HttpResponse.json({ id: 'one', progress: { blocked_by: { sender_gone: waiting } } });
    }),
  );
  function Following() {
    const campaign = useCampaign('one');
    return campaign.data ? <SenderGoneNotice campaign={campaign.data} canWrite /> : null;
  }
  renderAsking(<Following />);
  await userEvent.click(await screen.findByRole('button', { name: 'Stop' }));
  await userEvent.click(within(screen.getByRole('alertdialog')).getByRole('button', { name: 'Stop' }));
  await waitFor(() => expect(screen.queryByText(/2 people/)).toBeNull(), { timeout: 30_000 });
  asked.splice(0);
});
