import { usePages } from '@/hooks/use-pages';
import { client, unwrap, type Schema } from '@/lib/client';
import { keys } from '@/lib/query';

export type Enrollment = Schema<'EnrollmentOut'>;
export type BlockReason = Schema<'BlockReason'>;

export function useEnrollments(
  campaign: string,
  filter: {
    q?: string | undefined;
    state?: Enrollment['state'] | undefined;
    reason?: BlockReason | undefined;
  } = {},
) {
  return usePages({
    key: [...keys.campaign(campaign), 'enrollments', filter],
    read: (cursor, signal) =>
      unwrap(
        client.GET('/api/campaigns/{campaign_id}/enrollments', {
          params: { path: { campaign_id: campaign }, query: { ...filter, limit: 100, cursor } },
          signal,
        }),
      ),
    keepPrevious: true,
  });
}
