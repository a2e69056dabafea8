import { useMutation, useQueryClient } from '@tanstack/react-query';

import { client, idempotencyKey, unwrap } from '@/lib/client';
import { invalidate, keys } from '@/lib/query';

import type { Campaign } from './list-campaigns';

export type CampaignAction = 'start' | 'pause' | 'archive' | 'clone' | 'delete';

interface Act {
  id: string;
  action: CampaignAction;
  /** Says yes to a campaign that is late past its grace. */
  confirmLate?: boolean;
}

function call({ id, action, confirmLate }: Act): Promise<Campaign | undefined> {
  const path = { campaign_id: id };
  const headers = { 'Idempotency-Key': idempotencyKey() };
  switch (action) {
    case 'start':
      return unwrap(
        client.POST('/api/campaigns/{campaign_id}/start', {
          params: { path, query: confirmLate ? { confirm_late: true } : {} },
          headers,
        }),
      );
    case 'pause':
      return unwrap(client.POST('/api/campaigns/{campaign_id}/pause', { params: { path } }));
    case 'archive':
      return unwrap(client.POST('/api/campaigns/{campaign_id}/archive', { params: { path } }));
    case 'clone':
      return unwrap(client.POST('/api/campaigns/{campaign_id}/clone', { params: { path }, headers }));
    case 'delete':
      return unwrap(client.DELETE('/api/campaigns/{campaign_id}', { params: { path } })).then(
        () => undefined,
      );
  }
}

export function useActOnCampaign() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: call,
    onSuccess: (campaign, { id, action }) => {
      if (action === 'delete') cache.removeQueries({ queryKey: keys.campaign(id) });
      else if (campaign) cache.setQueryData(keys.campaign(campaign.id), campaign);
      return invalidate(cache, [...keys.campaigns, 'list'], keys.pulse, keys.analytics);
    },
  });
}
