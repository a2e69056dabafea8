import { useQuery } from '@tanstack/react-query';

import { client, unwrapList } from '@/lib/client';
import { keys } from '@/lib/query';

export function useMembers() {
  return useQuery({
    queryKey: [...keys.organization, 'members'],
    queryFn: ({ signal }) => unwrapList(client.GET('/api/organization/members', { signal })),
  });
}
