import { useQuery } from '@tanstack/react-query';

import { client, unwrapList, type Schema } from '@/lib/client';
import { keys } from '@/lib/query';

export type Step = Schema<'SequenceOut'>;

export function useSteps(campaign: string) {
  return useQuery({
    queryKey: keys.sequences(campaign),
    queryFn: ({ signal }) =>
      unwrapList(
        client.GET('/api/campaigns/{campaign_id}/sequences', {
          params: { path: { campaign_id: campaign } },
          signal,
        }),
      ),
  });
}
