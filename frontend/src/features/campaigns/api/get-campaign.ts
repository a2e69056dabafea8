import { useQuery } from '@tanstack/react-query';

import { client, unwrap } from '@/lib/client';
import { keys } from '@/lib/query';

export function useCampaign(id: string) {
  return useQuery({
    queryKey: keys.campaign(id),
    queryFn: ({ signal }) =>
      unwrap(client.GET('/api/campaigns/{campaign_id}', { params: { path: { campaign_id: id } }, signal })),
  });
}
