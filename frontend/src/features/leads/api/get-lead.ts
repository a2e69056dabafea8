import { useQuery } from '@tanstack/react-query';

import { client, unwrap } from '@/lib/client';
import { keys } from '@/lib/query';

export function useLead(id: string) {
  return useQuery({
    queryKey: keys.lead(id),
    queryFn: ({ signal }) =>
      unwrap(client.GET('/api/leads/{lead_id}', { params: { path: { lead_id: id } }, signal })),
  });
}
