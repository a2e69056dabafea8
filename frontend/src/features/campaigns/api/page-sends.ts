import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';

import { client, unwrap, type Schema } from '@/lib/client';
import { keys } from '@/lib/query';

export type Send = Schema<'SendOut'>;

export function useSends(campaign: string, filter: { status?: string | undefined } = {}) {
  return useInfiniteQuery({
    queryKey: [...keys.campaign(campaign), 'sends', filter],
    queryFn: ({ signal, pageParam }) =>
      unwrap(
        client.GET('/api/campaigns/{campaign_id}/sends', {
          params: { path: { campaign_id: campaign }, query: { ...filter, limit: 100, cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
  });
}
