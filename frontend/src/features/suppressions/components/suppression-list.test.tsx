import { screen } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { expect, test } from 'vitest';

import { RowSurfaces } from '@/components/ui/row-surface';
import { renderAsking, serveApi } from '@/lib/testing';

import { SuppressionList } from './suppression-list';

const server = serveApi();

test.each([
  ['import:01a2', 'The address bounced, in an imported file'],
  ['user:01a2', 'The address bounced'],
  ['one click', 'The address bounced, in their mail app'],
])('how it came to be known, from %s', async (source, words) => {
  const row = {
    id: '1',
    kind: 'email',
    value: 'ada@example.com',
    reason: 'bounced',
    words: 'The address bounced',
    source,
    created_at: '2031-03-10T08:00:00Z',
  };
  server.use(http.get('*/api/suppressions', () => HttpResponse.json({ items: [row], next_cursor: null })));
  renderAsking(
    <RowSurfaces>
      <SuppressionList canAdd={false} canDelete={false} />
    </RowSurfaces>,
  );
  expect(await screen.findByRole('listitem')).toHaveTextContent(words);
});
