import { keepPreviousData, useQuery } from '@tanstack/react-query';

import { client, unwrap, type Schema } from '@/lib/client';
import { keys } from '@/lib/query';

export type Overview = Schema<'OverviewOut'>;
export type Figures = Schema<'Figures'>;

export function useOverview(span: { since?: string; until?: string } = {}) {
  return useQuery({
    queryKey: [...keys.analytics, 'overview', span],
    queryFn: ({ signal }) =>
      unwrap(client.GET('/api/analytics/overview', { params: { query: span }, signal })),
    placeholderData: keepPreviousData,
  });
}
