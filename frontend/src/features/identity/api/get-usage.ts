import { useQuery } from '@tanstack/react-query';

import { client, unwrap } from '@/lib/client';
import { keys } from '@/lib/query';

export function useUsage() {
  return useQuery({
    queryKey: keys.usage,
    queryFn: ({ signal }) => unwrap(client.GET('/api/users/usage', { signal })),
  });
}
