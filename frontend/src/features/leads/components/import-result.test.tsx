import { screen } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { expect, test } from 'vitest';

import { renderAsking, serveApi } from '@/lib/testing';

import { ImportResult } from './import-result';

const server = serveApi();

const job = {
  id: '1',
  filename: 'people.csv',
  campaign_id: null,
  status: 'completed',
  rows_read: 8,
  imported: 8,
  updated: 0,
  skipped: 0,
  failed: 0,
  suppressed: 0,
  enrolled: 0,
  bytes_total: 10,
  bytes_done: 10,
  error: null,
  mapping: {},
  created_at: '2031-03-10T08:00:00Z',
  started_at: null,
  finished_at: null,
  can_undo: false,
};

test.each([0, 3])('how many a file put on the do-not-contact list is told: %i', async (suppressed) => {
  server.use(http.get('*/api/leads/imports/1', () => HttpResponse.json({ ...job, suppressed })));
  renderAsking(<ImportResult id="1" canUndo={false} />);
  expect(await screen.findByText('Rows read')).toBeVisible();
  const figure = screen.queryByText('Do not contact');
  if (suppressed) expect(figure?.parentElement).toHaveTextContent('3');
  else expect(figure).toBeNull();
});
