import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';

import { client, unwrap, type Schema } from '@/lib/client';
import { keys } from '@/lib/query';

export type Campaign = Schema<'CampaignOut'>;
export type CampaignStatus = Campaign['status'];

export interface CampaignFilter {
  q?: string | undefined;
  status?: CampaignStatus | undefined;
}

export function useCampaigns(
  filter: CampaignFilter = {},
  options: { enabled?: boolean; limit?: number } = {},
) {
  const { enabled = true, limit = 50 } = options;
  return useInfiniteQuery({
    queryKey: [...keys.campaigns, 'list', filter, limit],
    queryFn: ({ signal, pageParam }) =>
      unwrap(
        client.GET('/api/campaigns', { params: { query: { ...filter, limit, cursor: pageParam } }, signal }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
    enabled,
  });
}
