import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';

import { client, unwrap, type Schema } from '@/lib/client';
import { keys } from '@/lib/query';

export type Lead = Schema<'LeadOut'>;

export interface LeadFilter {
  q?: string | undefined;
  campaign_id?: string | undefined;
  verification?: Lead['verification'] | undefined;
  import_id?: string | undefined;
  status?: string | undefined;
}

export function useLeads(filter: LeadFilter = {}, options: { enabled?: boolean; limit?: number } = {}) {
  const { enabled = true, limit = 100 } = options;
  return useInfiniteQuery({
    queryKey: [...keys.leads, 'list', filter, limit],
    queryFn: ({ signal, pageParam }) =>
      unwrap(
        client.GET('/api/leads', { params: { query: { ...filter, limit, cursor: pageParam } }, signal }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
    enabled,
  });
}
