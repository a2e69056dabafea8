import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';

import { client, unwrap, unwrapList } from '@/lib/client';
import { invalidate } from '@/lib/query';

const key = ['sessions'];

export function useSessions() {
  return useQuery({
    queryKey: key,
    queryFn: ({ signal }) => unwrapList(client.GET('/api/auth/sessions', { signal })),
  });
}

export function useEndSession() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      unwrap(client.DELETE('/api/auth/sessions/{session_id}', { params: { path: { session_id: id } } })),
    onSuccess: () => invalidate(cache, key),
  });
}
