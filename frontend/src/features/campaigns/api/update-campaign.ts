import { useMutation, useQueryClient } from '@tanstack/react-query';

import { client, unwrap, type Schema } from '@/lib/client';
import { invalidate, keys } from '@/lib/query';

import type { Campaign } from './list-campaigns';

export type CampaignPatch = Schema<'CampaignPatch'>;

/** Refused with 412 when somebody else saved meanwhile: no edit is lost silently. */
export function useUpdateCampaign(id: string) {
  const cache = useQueryClient();
  return useMutation({
    // One after the other: each save rests on the version the one before it made.
    scope: { id: `campaign-${id}` },
    mutationFn: (body: CampaignPatch) => {
      const known = cache.getQueryData<Campaign>(keys.campaign(id));
      return unwrap(
        client.PUT('/api/campaigns/{campaign_id}', {
          params: {
            path: { campaign_id: id },
            header: known ? { 'If-Match': `"${known.version}"` } : {},
          },
          body,
        }),
      );
    },
    onSuccess: (campaign) => {
      cache.setQueryData(keys.campaign(id), campaign);
      return invalidate(cache, [...keys.campaigns, 'list'], keys.plan(id), keys.check(id), keys.preview(id));
    },
  });
}
