import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { expect, test, vi } from 'vitest';

import { ORIGIN } from '@/lib/paths';
import { renderAsking, serveApi } from '@/lib/testing';

import { NewCampaignDialog } from './new-campaign-dialog';

vi.mock('next/navigation', () => ({ useRouter: () => ({ push: () => {} }) }));

const sent = vi.fn();
serveApi(
  http.post(`${ORIGIN}/api/campaigns`, async ({ request }) => {
    sent(await request.json());
    return HttpResponse.json({ id: 'c' }, { status: 201 });
  }),
);

test('a new campaign sends by the clock of the organization, and says so', async () => {
  renderAsking(<NewCampaignDialog open onOpenChange={() => {}} mailboxIds={[]} zone="Pacific/Auckland" />);
  expect(await screen.findByText(/organization’s time zone, Pacific\/Auckland/)).toBeVisible();
  await userEvent.type(screen.getByLabelText('Name'), 'Autumn');
  await userEvent.click(screen.getByRole('button', { name: 'Create draft' }));
  await waitFor(() => expect(sent).toHaveBeenCalled());
  expect(sent).toHaveBeenCalledWith(
    expect.objectContaining({
      send_schedule: expect.objectContaining({ timezone: 'Pacific/Auckland' }) as unknown,
    }),
  );
});
