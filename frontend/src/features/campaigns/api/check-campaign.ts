import { useQuery } from '@tanstack/react-query';

import { client, unwrap, type Schema } from '@/lib/client';
import { keys } from '@/lib/query';

export type Check = Schema<'CheckOut'>;
export type Finding = Schema<'CheckFinding'>;

/** A question, though the API asks it by POST: it renders the words for every lead. */
export function useCheck(campaign: string, enabled = true) {
  return useQuery({
    queryKey: keys.check(campaign),
    queryFn: ({ signal }) =>
      unwrap(
        client.POST('/api/campaigns/{campaign_id}/check', {
          params: { path: { campaign_id: campaign } },
          signal,
        }),
      ),
    enabled,
    staleTime: 0,
  });
}
