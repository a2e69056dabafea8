import { usePages } from '@/hooks/use-pages';
import { client, unwrap, type Schema } from '@/lib/client';
import { keys } from '@/lib/query';

export type Send = Schema<'SendOut'>;

export function useSends(campaign: string, filter: { status?: string | undefined } = {}) {
  return usePages({
    key: [...keys.campaign(campaign), 'sends', filter],
    read: (cursor, signal) =>
      unwrap(
        client.GET('/api/campaigns/{campaign_id}/sends', {
          params: { path: { campaign_id: campaign }, query: { ...filter, limit: 100, cursor } },
          signal,
        }),
      ),
    keepPrevious: true,
  });
}
