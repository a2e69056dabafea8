import { fireEvent, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { expect, test, vi } from 'vitest';

import { renderAsking, serveApi } from '@/lib/testing';

import { ConnectDialog } from './connect-dialog';

const PATH = '*/api/email-accounts/providers';
const server = serveApi();

const way = (provider: string, can_connect: boolean) => ({
  provider,
  can_connect,
  detail: `How ${provider} is connected.`,
});

test('only ways that the server can connect are offered; the others are said before anybody chooses one', async () => {
  const onWay = vi.fn();
  server.use(http.get(PATH, () => HttpResponse.json([way('smtp', true), way('gmail', false)])));
  renderAsking(<ConnectDialog way="choose" onWay={onWay} />);
  const later = await screen.findByRole('list', { name: 'Not available yet' });
  expect(later).toHaveTextContent('Sign in with Google');
  expect(later).toHaveTextContent('How gmail is connected.');
  expect(later.querySelector('button, a')).toBeNull();
  await userEvent.click(screen.getByRole('button', { name: /Any mailbox/ }));
  expect(onWay).toHaveBeenCalledWith('smtp');
});

test('not even SMTP is offered where the server says that it cannot', async () => {
  server.use(http.get(PATH, () => HttpResponse.json([way('smtp', false)])));
  renderAsking(<ConnectDialog way="choose" onWay={vi.fn()} />);
  expect(await screen.findByText('Not available yet')).toBeVisible();
  expect(screen.queryByRole('button', { name: /Any mailbox/ })).toBeNull();
});

/** The port of the sending server after `change`, and then another security. */
function portAfter(change: (port: HTMLInputElement) => void, security: string): string {
  renderAsking(<ConnectDialog way="smtp" onWay={vi.fn()} />);
  fireEvent.click(screen.getByRole('button', { name: 'Server settings' }));
  const [port] = screen.getAllByLabelText<HTMLInputElement>('Port');
  const [select] = screen.getAllByLabelText('Security');
  change(port!);
  fireEvent.change(select!, { target: { value: security } });
  return port!.value;
}

test('another security brings its usual port', () => {
  expect(portAfter(() => undefined, 'starttls')).toBe('587');
});

test('a port that was typed stays', () => {
  expect(portAfter((port) => fireEvent.input(port, { target: { value: '47071' } }), 'none')).toBe('47071');
});
