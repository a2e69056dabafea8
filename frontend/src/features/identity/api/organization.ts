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
    // A limit of its domains changes what every mailbox may send, and so every plan.
    onSuccess: () =>
      invalidate(cache, keys.organization, keys.me, keys.mailboxes, keys.campaigns, keys.pulse),
  });
}
