import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';

import { client, unwrap, type Schema } from '@/lib/client';
import { invalidate, keys } from '@/lib/query';

export type Suppression = Schema<'SuppressionOut'>;

export function useSuppressions(q: string) {
  return useInfiniteQuery({
    queryKey: [...keys.suppressions, q],
    queryFn: ({ signal, pageParam }) =>
      unwrap(
        client.GET('/api/suppressions', {
          params: { query: { limit: 100, cursor: pageParam, ...(q ? { q } : {}) } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
}

export function useAddSuppression() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (value: string) =>
      unwrap(client.POST('/api/suppressions', { body: { value, reason: 'manual' } })),
    onSuccess: () => invalidate(cache, keys.suppressions, keys.leads, keys.campaigns),
  });
}

export function useDeleteSuppression() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      unwrap(
        client.DELETE('/api/suppressions/{suppression_id}', { params: { path: { suppression_id: id } } }),
      ),
    onSuccess: () => invalidate(cache, keys.suppressions, keys.leads),
  });
}
