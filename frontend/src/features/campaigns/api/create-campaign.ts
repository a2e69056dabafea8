import { useMutation, useQueryClient } from '@tanstack/react-query';

import { client, unwrap, type Schema } from '@/lib/client';
import { invalidate, keys } from '@/lib/query';

type CampaignIn = Schema<'CampaignIn'>;

/** The API fills in whatever is left out. */
export function useCreateCampaign() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: Partial<CampaignIn> & Pick<CampaignIn, 'name'>) =>
      unwrap(client.POST('/api/campaigns', { body: body as CampaignIn })),
    onSuccess: () => invalidate(cache, keys.campaigns),
  });
}
