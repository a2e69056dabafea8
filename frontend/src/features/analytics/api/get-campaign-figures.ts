import { useQuery } from '@tanstack/react-query';

import { client, unwrap, type Schema } from '@/lib/client';
import { keys } from '@/lib/query';

export type CampaignFigures = Schema<'CampaignAnalyticsOut'>;

export function useCampaignFigures(campaign: string) {
  return useQuery({
    queryKey: [...keys.analytics, 'campaign', campaign],
    queryFn: ({ signal }) =>
      unwrap(
        client.GET('/api/analytics/campaigns/{campaign_id}', {
          params: { path: { campaign_id: campaign } },
          signal,
        }),
      ),
  });
}
