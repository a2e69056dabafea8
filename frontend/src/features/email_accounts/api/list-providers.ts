import { useQuery } from '@tanstack/react-query';

import { client, unwrap } from '@/lib/client';
import { keys } from '@/lib/query';

/** The ways to connect a mailbox; they change with the version only. */
export function useProviders() {
  return useQuery({
    queryKey: [...keys.mailboxes, 'providers'],
    queryFn: ({ signal }) => unwrap(client.GET('/api/email-accounts/providers', { signal })),
    staleTime: Number.POSITIVE_INFINITY,
  });
}
