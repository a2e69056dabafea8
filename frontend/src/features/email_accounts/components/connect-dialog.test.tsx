import { fireEvent, screen } from '@testing-library/react';
import { expect, test, vi } from 'vitest';

import { renderAsking } from '@/lib/testing';

import { ConnectDialog } from './connect-dialog';

test('a way that does not work yet is said before anybody chooses it', () => {
  renderAsking(<ConnectDialog way="choose" onWay={vi.fn()} />);
  const later = screen.getByRole('list', { name: 'Not available yet' });
  expect(later).toHaveTextContent('Sign in with Google');
  expect(later).toHaveTextContent('app password');
  expect(later.querySelector('button, a')).toBeNull();
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
