import { keepPreviousData, useQuery } from '@tanstack/react-query';

import { client, unwrap } from '@/lib/client';

/** Campaigns, leads and mailboxes by a word of theirs. */
export function useSearch(q: string, enabled: boolean) {
  return useQuery({
    queryKey: ['search', q],
    queryFn: ({ signal }) => unwrap(client.GET('/api/search', { params: { query: { q } }, signal })),
    placeholderData: keepPreviousData,
    enabled: enabled && q.length > 0,
  });
}
