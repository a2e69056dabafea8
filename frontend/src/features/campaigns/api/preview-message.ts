import { keepPreviousData, useQuery } from '@tanstack/react-query';

import { client, unwrap, type Schema } from '@/lib/client';
import { keys } from '@/lib/query';

export type Preview = Schema<'PreviewOut'>;
export type PreviewOf = Partial<Schema<'PreviewIn'>>;

/** The message as this lead would get it, through the renderer that sends; unsaved words included. */
export function usePreview(campaign: string, of: PreviewOf, enabled = true) {
  return useQuery({
    queryKey: [...keys.preview(campaign), of],
    queryFn: ({ signal }) =>
      unwrap(
        client.POST('/api/campaigns/{campaign_id}/preview', {
          params: { path: { campaign_id: campaign } },
          body: of as Schema<'PreviewIn'>,
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
    retry: false,
    enabled,
  });
}
