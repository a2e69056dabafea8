import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { expect, test } from 'vitest';

import { ORIGIN } from '@/lib/paths';
import { renderAsking, serveApi } from '@/lib/testing';

import { SignInForm } from './sign-in-form';

serveApi(
  http.post(`${ORIGIN}/api/auth/login`, () =>
    HttpResponse.json(
      { detail: 'Address or password is wrong. Check both and try again.', code: 'bad_credentials' },
      { status: 401 },
    ),
  ),
);

test('a wrong password is said once', async () => {
  renderAsking(<SignInForm onDone={() => {}} />);
  await userEvent.type(screen.getByLabelText('E-mail'), 'ada@example.com');
  await userEvent.type(screen.getByLabelText('Password'), 'not this one');
  await userEvent.click(screen.getByRole('button', { name: 'Sign in' }));
  const told = await screen.findByRole('alert');
  expect(told.textContent?.match(/is wrong/g)).toHaveLength(1);
  expect(told).toHaveTextContent('Check both and try again.');
});
