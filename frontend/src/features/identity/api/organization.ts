import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';

import { client, unwrap, type Schema } from '@/lib/client';
import { invalidate, keys } from '@/lib/query';

export type Organization = Schema<'OrganizationOut'>;

export function useOrganization() {
  return useQuery({
    queryKey: keys.organization,
    queryFn: ({ signal }) => unwrap(client.GET('/api/organization', { signal })),
  });
}

export function useUpdateOrganization() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: Schema<'OrganizationIn'>) => unwrap(client.PUT('/api/organization', { body })),
    onSuccess: () => invalidate(cache, keys.organization, keys.me),
  });
}
