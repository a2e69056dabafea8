import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { expect, test } from 'vitest';

import { renderAsking, serveApi } from '@/lib/testing';

import type { Campaign } from '../api/list-campaigns';
import { LateNotice } from './late-notice';

const asked: string[] = [];
serveApi(
  http.post('*/api/campaigns/:id/start', ({ request }) => {
    asked.push(new URL(request.url).search);
    return HttpResponse.json({ id: 'one', name: 'Spring', status: 'active' });
  }),
);

const late = {
  id: 'one',
  name: 'Spring',
  status: 'paused',
  is_late: true,
  status_reason: null,
  paused_at: null,
} as Campaign;

function show(campaign: Campaign, canWrite = true) {
  return renderAsking(<LateNotice campaign={campaign} canWrite={canWrite} />);
}

test('a late campaign goes on only after a yes', async () => {
  show(late);
  await userEvent.click(screen.getByRole('button', { name: 'Go on' }));
  expect(asked).toEqual([]);
  const question = screen.getByRole('alertdialog', { name: 'Let Spring go on?' });
  await userEvent.click([...question.querySelectorAll('button')].at(-1) as HTMLElement);
  await waitFor(() => expect(asked).toEqual(['?confirm_late=true']));
});

test('who may not write sees that it is late and no button', () => {
  show(late, false);
  expect(screen.getByText(/Should it still go on/)).toBeVisible();
  expect(screen.queryByRole('button')).toBeNull();
});

test('a campaign that is not late asks nothing', () => {
  const { container } = show({ ...late, is_late: false });
  expect(container).toBeEmptyDOMElement();
});
