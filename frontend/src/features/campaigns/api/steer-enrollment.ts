import { useMutation, useQueryClient } from '@tanstack/react-query';

import { client, unwrap } from '@/lib/client';
import { invalidate, keys } from '@/lib/query';

export function useSteerEnrollment(campaign: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ enrollment, action }: { enrollment: string; action: 'stop' | 'resume' }) =>
      unwrap(
        client.POST('/api/campaigns/{campaign_id}/enrollments/{enrollment_id}/{action}', {
          params: { path: { campaign_id: campaign, enrollment_id: enrollment, action } },
        }),
      ),
    onSuccess: () => invalidate(cache, keys.campaign(campaign), keys.pulse),
  });
}
