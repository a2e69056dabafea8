import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { expect, test } from 'vitest';

import { authSnapshot } from '@/lib/auth';
import { renderAsking, serveApi } from '@/lib/testing';

import { DeleteOrganization } from './deletion';

const asked: string[] = [];
serveApi(
  http.delete('*/api/users/account', ({ request }) => {
    asked.push(new URL(request.url).search);
    return new HttpResponse(null, { status: 204 });
  }),
  http.post('*/api/auth/logout', () => new HttpResponse(null, { status: 204 })),
);

test('an organization is deleted only after its name and a second yes, and signs out', async () => {
  renderAsking(<DeleteOrganization name="Brightfjord" />);
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
