import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { accept, authSnapshot } from '@/lib/auth';

import { DeleteOrganization } from './deletion';

const asked: string[] = [];
const server = setupServer(
  http.delete('*/api/users/account', ({ request }) => {
    asked.push(new URL(request.url).search);
    return new HttpResponse(null, { status: 204 });
  }),
  http.post('*/api/auth/logout', () => new HttpResponse(null, { status: 204 })),
);
beforeAll(() => {
  server.listen({ onUnhandledRequest: 'error' });
  accept(`h.${btoa(JSON.stringify({ exp: Date.now() / 1000 + 900 }))}.s`);
});
afterAll(() => server.close());

test('an organization is deleted only after its name and a second yes, and signs out', async () => {
  render(
    <QueryClientProvider client={new QueryClient()}>
      <DeleteOrganization name="Brightfjord" />
    </QueryClientProvider>,
  );
  const remove = screen.getByRole('button', { name: 'Delete organization' });
  await userEvent.type(screen.getByLabelText('Type Brightfjord to go on'), 'Bright');
  expect(remove).toBeDisabled();
  await userEvent.type(screen.getByLabelText('Type Brightfjord to go on'), 'fjord');
  await userEvent.click(remove);
  expect(asked).toEqual([]);
  await userEvent.click(screen.getByRole('button', { name: 'Delete everything' }));
  await waitFor(() => expect(asked).toEqual(['?organization=true']));
  await waitFor(() => expect(authSnapshot().state).toBe('out'));
});
