import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { expect, test } from 'vitest';

import { renderAsking, serveApi } from '@/lib/testing';

import type { Organization } from '../api/organization';
import { OrganizationForm } from './organization-form';

const server = serveApi();

const organization: Organization = {
  id: 'o',
  name: 'Brightfjord',
  domain: null,
  plan_type: 'self_hosted',
  timezone: 'UTC',
  postal_address: '1 Quay Street, Bergen',
  is_demo: false,
  domain_daily_limit: 60,
  server_domain_daily_limit: 500,
  created_at: '2026-10-01T00:00:00Z',
};

function show(readOnly = false): Record<string, unknown>[] {
  const sent: Record<string, unknown>[] = [];
  server.use(
    http.put('*/api/organization', async ({ request }) => {
      const body = (await request.json()) as Record<string, unknown>;
      sent.push(body);
      return HttpResponse.json({ ...organization, ...body });
    }),
  );
  renderAsking(<OrganizationForm organization={organization} readOnly={readOnly} />);
  return sent;
}

const limit = () => screen.getByRole('spinbutton', { name: /Messages a day from one domain/ });
const save = () => userEvent.click(screen.getByRole('button', { name: 'Save' }));

test('a limit of the domains is saved as a number, and an empty one as the server’s', async () => {
  const sent = show();
  expect(limit()).toHaveValue(60);
  expect(limit()).toHaveAccessibleDescription(/Empty: the server's limit of 500/);
  await userEvent.clear(limit());
  await userEvent.type(limit(), '75');
  await save();
  await userEvent.clear(limit());
  await save();
  await expect.poll(() => sent.map((body) => body['domain_daily_limit'])).toEqual([75, null]);
});

test('zero, a fraction and more than a million are refused before they are sent', async () => {
  const sent = show();
  for (const odd of ['0', '2.5', '1000001']) {
    await userEvent.clear(limit());
    await userEvent.type(limit(), odd);
    await save();
    expect(await screen.findByText(/A whole number from 1 to 1,000,000/)).toBeVisible();
  }
  expect(sent).toEqual([]);
});

test('whoever is no administrator sees it and cannot change it', () => {
  show(true);
  expect(limit()).toBeDisabled();
  expect(screen.getByText('Only an administrator can change this.')).toBeVisible();
});
