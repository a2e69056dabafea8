import { useMutation, useQueryClient } from '@tanstack/react-query';

import { client, unwrap } from '@/lib/client';
import { invalidate, keys } from '@/lib/query';

export type Decision = 'arrived' | 'resend';

/** About a message nobody can say of whether it was delivered; nothing but this ever sends one again. */
export function useDecideUnknown(campaign: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ send, decision }: { send: string; decision: Decision }) =>
      unwrap(
        client.POST('/api/campaigns/{campaign_id}/sends/{send_id}/{decision}', {
          params: { path: { campaign_id: campaign, send_id: send, decision } },
        }),
      ),
    onSuccess: () => invalidate(cache, keys.campaign(campaign), keys.pulse),
  });
}
