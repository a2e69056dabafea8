import { useQuery } from '@tanstack/react-query';

import { client, unwrap } from '@/lib/client';
import { keys } from '@/lib/query';

export function useExplanation(campaign: string, enabled = true) {
  return useQuery({
    queryKey: [...keys.campaign(campaign), 'explain'],
    queryFn: ({ signal }) =>
      unwrap(
        client.GET('/api/campaigns/{campaign_id}/explain', {
          params: { path: { campaign_id: campaign } },
          signal,
        }),
      ),
    enabled,
  });
}
