import { useMutation, useQueryClient } from '@tanstack/react-query';

import { client, idempotencyKey, unwrap, type Schema } from '@/lib/client';
import { invalidate, keys } from '@/lib/query';

export function useEnrollLeads(campaign: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: Partial<Schema<'EnrollIn'>>) =>
      unwrap(
        client.POST('/api/campaigns/{campaign_id}/enrollments', {
          params: { path: { campaign_id: campaign } },
          headers: { 'Idempotency-Key': idempotencyKey() },
          body: body as Schema<'EnrollIn'>,
        }),
      ),
    onSuccess: () => invalidate(cache, keys.campaigns, keys.leads),
  });
}
