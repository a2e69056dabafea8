import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';

import { client, unwrap, type Schema } from '@/lib/client';
import { invalidate, keys } from '@/lib/query';

export type Notification = Schema<'NotificationOut'>;

export function useNotifications() {
  return useQuery({
    queryKey: keys.notifications,
    queryFn: ({ signal }) =>
      unwrap(client.GET('/api/notifications', { params: { query: { limit: 30 } }, signal })),
    refetchInterval: 120_000,
  });
}

export function useMarkNotificationsRead() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (ids: string[] | null) => unwrap(client.POST('/api/notifications/read', { body: { ids } })),
    onSuccess: () => invalidate(cache, keys.notifications),
  });
}
