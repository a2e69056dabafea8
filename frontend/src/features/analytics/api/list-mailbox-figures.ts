import { useQuery } from '@tanstack/react-query';

import { client, unwrap } from '@/lib/client';
import { keys } from '@/lib/query';

export function useMailboxFigures() {
  return useQuery({
    queryKey: [...keys.analytics, 'mailboxes'],
    queryFn: ({ signal }) => unwrap(client.GET('/api/analytics/email-accounts', { signal })),
  });
}
