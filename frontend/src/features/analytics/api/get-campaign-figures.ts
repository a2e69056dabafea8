import { useQuery } from '@tanstack/react-query';

import { client, unwrap, type Schema } from '@/lib/client';
import { keys } from '@/lib/query';

import type { Span } from './get-overview';

export type CampaignFigures = Schema<'CampaignAnalyticsOut'>;

export function useCampaignFigures(campaign: string, span: Span = {}) {
  return useQuery({
    queryKey: [...keys.analytics, 'campaign', campaign, span],
    queryFn: ({ signal }) =>
      unwrap(
        client.GET('/api/analytics/campaigns/{campaign_id}', {
          params: { path: { campaign_id: campaign }, query: span },
          signal,
        }),
      ),
  });
}
