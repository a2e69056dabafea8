import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';

import { usePages } from '@/hooks/use-pages';
import { client, unwrap, type Schema } from '@/lib/client';
import { invalidate, keys } from '@/lib/query';

export type Thread = Schema<'ThreadOut'>;
export type Intent = Schema<'IntentIn'>['intent'];

export interface ThreadFilter {
  intent?: Intent | undefined;
  unread?: boolean | undefined;
  campaign_id?: string | undefined;
  /** Only what is put off until later; else it is left out. */
  snoozed?: boolean | undefined;
}

export function useThreads(filter: ThreadFilter = {}, limit = 50) {
  return usePages({
    key: [...keys.inbox, 'list', filter, limit],
    read: (cursor, signal) =>
      unwrap(
        client.GET('/api/inbox/threads', {
          params: { query: { ...filter, limit, cursor } },
          signal,
        }),
      ),
    keepPrevious: true,
  });
}

export function useThread(id: string) {
  return useQuery({
    queryKey: [...keys.inbox, 'one', id],
    queryFn: ({ signal }) =>
      unwrap(client.GET('/api/inbox/threads/{thread_id}', { params: { path: { thread_id: id } }, signal })),
  });
}

export function useMarkRead() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ id, unread }: { id: string; unread: boolean }) =>
      unwrap(
        client.POST('/api/inbox/threads/{thread_id}/read', {
          params: { path: { thread_id: id } },
          body: { unread },
        }),
      ),
    onSuccess: () => invalidate(cache, keys.inbox, keys.pulse),
  });
}

export function useSetIntent() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ id, intent }: { id: string; intent: Intent }) =>
      unwrap(
        client.POST('/api/inbox/threads/{thread_id}/intent', {
          params: { path: { thread_id: id } },
          body: { intent },
        }),
      ),
    onSuccess: () => invalidate(cache, keys.inbox, keys.analytics),
  });
}

export function useSnooze() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ id, until }: { id: string; until: string | null }) =>
      unwrap(
        client.POST('/api/inbox/threads/{thread_id}/snooze', {
          params: { path: { thread_id: id } },
          body: { until },
        }),
      ),
    onSuccess: () => invalidate(cache, keys.inbox, keys.pulse),
  });
}
