import { useMutation, useQueryClient } from '@tanstack/react-query';

import { usePages } from '@/hooks/use-pages';
import { client, unwrap, type Schema } from '@/lib/client';
import { invalidate, keys } from '@/lib/query';

/** Wherever people stand in a list it is said of them. */
const STALE = [keys.suppressions, keys.leads, keys.campaigns, keys.inbox, keys.pulse];

export type Suppression = Schema<'SuppressionOut'>;

export function useSuppressions(q: string) {
  return usePages({
    key: [...keys.suppressions, q],
    read: (cursor, signal) =>
      unwrap(
        client.GET('/api/suppressions', {
          params: { query: { limit: 100, cursor, ...(q ? { q } : {}) } },
          signal,
        }),
      ),
  });
}

export function useAddSuppression() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (value: string) =>
      unwrap(client.POST('/api/suppressions', { body: { value, reason: 'manual' } })),
    onSuccess: () => invalidate(cache, ...STALE),
  });
}

export function useDeleteSuppression() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      unwrap(
        client.DELETE('/api/suppressions/{suppression_id}', { params: { path: { suppression_id: id } } }),
      ),
    onSuccess: () => invalidate(cache, ...STALE),
  });
}
