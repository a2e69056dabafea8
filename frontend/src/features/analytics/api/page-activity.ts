import { useInfiniteQuery } from '@tanstack/react-query';

import { client, unwrap, type Schema } from '@/lib/client';
import { keys } from '@/lib/query';

export type Activity = Schema<'ActivityOut'>;

export function useActivity(filter: { campaign_id?: string } = {}, limit = 30) {
  return useInfiniteQuery({
    queryKey: [...keys.analytics, 'activity', filter, limit],
    queryFn: ({ signal, pageParam }) =>
      unwrap(
        client.GET('/api/analytics/activity', {
          params: { query: { ...filter, limit, cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
}
