import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';

import { client, unwrap, type Schema } from '@/lib/client';
import { invalidate, keys } from '@/lib/query';

export type FailedJob = Schema<'FailedJobOut'>;

/** Work of this organization that was given up, the latest first. Only administrators may ask. */
export function useFailedJobs(enabled = true) {
  return useQuery({
    queryKey: keys.jobs,
    queryFn: ({ signal }) => unwrap(client.GET('/api/jobs/failed', { signal })),
    enabled,
  });
}

export function useRetryJob() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (id: number) =>
      unwrap(client.POST('/api/jobs/failed/{job_id}/retry', { params: { path: { job_id: id } } })),
    // Also after a refusal: it may have been tried again elsewhere.
    onSettled: () => invalidate(cache, keys.jobs),
  });
}

export function useRetryAllJobs() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: () => unwrap(client.POST('/api/jobs/failed/retry')),
    onSettled: () => invalidate(cache, keys.jobs),
  });
}
