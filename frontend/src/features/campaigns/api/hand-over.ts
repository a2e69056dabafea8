import { useMutation, useQueryClient } from '@tanstack/react-query';

import { client, idempotencyKey, unwrap, type Schema } from '@/lib/client';
import { invalidate, keys } from '@/lib/query';

export type HandOver = Schema<'HandOverIn'>['choice'];

/** For people in mid-sequence whose mailbox is gone. */
export function useHandOver(campaign: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (choice: HandOver) =>
      unwrap(
        client.POST('/api/campaigns/{campaign_id}/hand-over', {
          params: { path: { campaign_id: campaign } },
          headers: { 'Idempotency-Key': idempotencyKey() },
          body: { choice },
        }),
      ),
    onSuccess: () => invalidate(cache, keys.campaigns, keys.leads, keys.pulse),
  });
}
