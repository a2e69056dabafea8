import { useInfiniteQuery } from '@tanstack/react-query';

import { client, unwrap, type Schema } from '@/lib/client';
import { keys } from '@/lib/query';

export type AuditEntry = Schema<'AuditEntryOut'>;

export function useAuditLog() {
  return useInfiniteQuery({
    queryKey: [...keys.organization, 'audit-log'],
    queryFn: ({ signal, pageParam }) =>
      unwrap(
        client.GET('/api/organization/audit-log', {
          params: { query: { limit: 50, cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    // It is looked at to see what has just happened.
    staleTime: 0,
  });
}
