import { useQuery } from '@tanstack/react-query';

import { client, unwrapList } from '@/lib/client';
import { keys } from '@/lib/query';

export function useMailboxFigures() {
  return useQuery({
    queryKey: [...keys.analytics, 'mailboxes'],
    queryFn: ({ signal }) => unwrapList(client.GET('/api/analytics/email-accounts', { signal })),
  });
}
