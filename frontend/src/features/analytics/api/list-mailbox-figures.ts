import { useQuery } from '@tanstack/react-query';

import { client, unwrapList } from '@/lib/client';
import { keys } from '@/lib/query';

import type { Span } from './get-overview';

export function useMailboxFigures(span: Span = {}) {
  return useQuery({
    queryKey: [...keys.analytics, 'mailboxes', span],
    queryFn: ({ signal }) =>
      unwrapList(client.GET('/api/analytics/email-accounts', { params: { query: span }, signal })),
  });
}
