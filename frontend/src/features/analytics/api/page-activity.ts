import { usePages } from '@/hooks/use-pages';
import { client, unwrap, type Schema } from '@/lib/client';
import { keys } from '@/lib/query';

export type Activity = Schema<'ActivityOut'>;

export function useActivity(filter: { campaign_id?: string } = {}, limit = 30) {
  return usePages({
    key: [...keys.analytics, 'activity', filter, limit],
    read: (cursor, signal) =>
      unwrap(
        client.GET('/api/analytics/activity', {
          params: { query: { ...filter, limit, cursor } },
          signal,
        }),
      ),
  });
}
