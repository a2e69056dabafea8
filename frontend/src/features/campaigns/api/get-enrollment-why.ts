import { useQuery } from '@tanstack/react-query';

import { client, unwrap } from '@/lib/client';
import { keys } from '@/lib/query';

/** The one rule that holds this person's next message, asked when somebody wants to know. */
export function useEnrollmentWhy(campaign: string, enrollment: string) {
  return useQuery({
    queryKey: [...keys.campaign(campaign), 'enrollments', 'why', enrollment],
    queryFn: ({ signal }) =>
      unwrap(
        client.GET('/api/campaigns/{campaign_id}/enrollments/{enrollment_id}/explain', {
          params: { path: { campaign_id: campaign, enrollment_id: enrollment } },
          signal,
        }),
      ),
    // What was true a moment ago may be over: asked anew each time it is opened.
    staleTime: 0,
  });
}
