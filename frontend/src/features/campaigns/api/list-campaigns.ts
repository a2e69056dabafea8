import { usePages } from '@/hooks/use-pages';
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
  return usePages({
    key: [...keys.campaigns, 'list', filter, limit],
    read: (cursor, signal) =>
      unwrap(client.GET('/api/campaigns', { params: { query: { ...filter, limit, cursor } }, signal })),
    keepPrevious: true,
    enabled,
  });
}
