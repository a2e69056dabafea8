import { useMutation, useQueryClient } from '@tanstack/react-query';

import { client, unwrap } from '@/lib/client';
import { invalidate, keys } from '@/lib/query';

/** After a restore: an administrator has looked, and lets sending go on. */
export function useResumeSending() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: () => unwrap(client.POST('/api/organization/resume-sending')),
    onSuccess: () => invalidate(cache, keys.me, keys.organization, keys.pulse, keys.campaigns),
  });
}
