import { useMutation, useQueryClient } from '@tanstack/react-query';

import { client, unwrap, type Schema } from '@/lib/client';
import { invalidate, keys } from '@/lib/query';

type BulkIn = Schema<'BulkIn'>;

export function useActOnLeads() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: Omit<BulkIn, 'campaign_id'> & { campaign_id?: string }) =>
      unwrap(client.POST('/api/leads/bulk', { body })),
    onSuccess: () => invalidate(cache, keys.leads, keys.campaigns, keys.suppressions, keys.inbox, keys.pulse),
  });
}

export function useVerifyLeads() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (leads: string[] | null) =>
      unwrap(client.POST('/api/leads/verify-emails', { body: { lead_ids: leads } })),
    onSuccess: () => invalidate(cache, keys.leads),
  });
}
