import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';

import { client, unwrap, type Schema } from '@/lib/client';
import { keys } from '@/lib/query';

export type Enrollment = Schema<'EnrollmentOut'>;
export type EnrollmentStatus = Enrollment['status'];

export function useEnrollments(
  campaign: string,
  filter: { q?: string | undefined; status?: EnrollmentStatus | undefined } = {},
) {
  return useInfiniteQuery({
    queryKey: [...keys.campaign(campaign), 'enrollments', filter],
    queryFn: ({ signal, pageParam }) =>
      unwrap(
        client.GET('/api/campaigns/{campaign_id}/enrollments', {
          params: { path: { campaign_id: campaign }, query: { ...filter, limit: 100, cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
  });
}
