import { useQuery } from '@tanstack/react-query';

import { client, unwrap } from '@/lib/client';
import { keys } from '@/lib/query';

export function useMembers() {
  return useQuery({
    queryKey: [...keys.organization, 'members'],
    queryFn: ({ signal }) => unwrap(client.GET('/api/organization/members', { signal })),
  });
}
