import { render, screen } from '@testing-library/react';
import { expect, test } from 'vitest';

import { Lacking } from './preview-panel';

test('an empty field is said to be whose it is, and leads to where it is filled', () => {
  render(<Lacking names={['signature', 'company', 'postal_address']} lead="l" />);
  expect(screen.getByText(/This person lacks company\./)).toBeVisible();
  expect(screen.getByRole('link', { name: 'Open the person' })).toHaveAttribute('href', '/leads/l');
  expect(screen.getByText(/The mailbox has no signature/)).toBeVisible();
  expect(screen.getByRole('link', { name: 'Open the organization' })).toHaveAttribute(
    'href',
    '/settings?part=organization',
  );
});

test('of what the sender lacks nothing is said about the person', () => {
  render(<Lacking names={['signature']} lead="l" />);
  expect(screen.queryByText(/This person/)).toBeNull();
});
