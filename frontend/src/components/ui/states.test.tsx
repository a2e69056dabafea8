import { render, screen } from '@testing-library/react';
import { expect, test } from 'vitest';

import { ApiError } from '@/lib/problem';

import { ErrorState } from './states';

const thing = { name: 'campaign', back: { href: '/campaigns', label: 'All campaigns' } };

test.each([404, 422])(
  'an address of nothing (%s) is told so, with the way back and nothing to try again',
  (status) => {
    const error = new ApiError(status, { detail: 'campaign_id: Input should be a valid UUID' }, null);
    render(<ErrorState error={error} onRetry={() => {}} thing={thing} />);
    expect(screen.getByRole('heading', { name: 'There is no such campaign' })).toBeVisible();
    expect(screen.getByRole('link', { name: 'All campaigns' })).toHaveAttribute('href', '/campaigns');
    expect(screen.queryByText(/UUID/)).toBeNull();
    expect(screen.queryByRole('button', { name: 'Try again' })).toBeNull();
  },
);

test('another fault of such a page can be tried again', () => {
  render(<ErrorState error={new ApiError(503, {}, null)} onRetry={() => {}} thing={thing} />);
  expect(screen.getByRole('button', { name: 'Try again' })).toBeVisible();
});
