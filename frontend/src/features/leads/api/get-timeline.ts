import { useQuery } from '@tanstack/react-query';

import { client, unwrap } from '@/lib/client';
import { keys } from '@/lib/query';

export function useTimeline(id: string) {
  return useQuery({
    queryKey: [...keys.lead(id), 'timeline'],
    queryFn: ({ signal }) =>
      unwrap(client.GET('/api/leads/{lead_id}/timeline', { params: { path: { lead_id: id } }, signal })),
  });
}
