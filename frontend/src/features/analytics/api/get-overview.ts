import { keepPreviousData, useQuery } from '@tanstack/react-query';

import { client, unwrap, type Schema } from '@/lib/client';
import { keys } from '@/lib/query';

export type Overview = Schema<'OverviewOut'>;
export type Figures = Schema<'Figures'>;

/** Whole days, both counted; without them what the server takes by itself. */
export interface Span {
  since?: string;
  until?: string;
}

export function useOverview(span: Span = {}) {
  return useQuery({
    queryKey: [...keys.analytics, 'overview', span],
    queryFn: ({ signal }) =>
      unwrap(client.GET('/api/analytics/overview', { params: { query: span }, signal })),
    placeholderData: keepPreviousData,
  });
}
