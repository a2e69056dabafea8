import { useMutation, useQueryClient } from '@tanstack/react-query';

import { client, unwrap, type Schema } from '@/lib/client';
import { invalidate, keys } from '@/lib/query';

type LeadIn = Schema<'LeadIn'>;

export function useAddLead() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: Partial<LeadIn> & Pick<LeadIn, 'email'>) =>
      unwrap(client.POST('/api/leads', { body: body as LeadIn })),
    onSuccess: () => invalidate(cache, keys.leads, keys.campaigns),
  });
}

export function useUpdateLead(id: string, version: number | undefined) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: Schema<'LeadPatch'>) =>
      unwrap(
        client.PUT('/api/leads/{lead_id}', {
          params: {
            path: { lead_id: id },
            header: version === undefined ? {} : { 'If-Match': `"${version}"` },
          },
          body,
        }),
      ),
    onSuccess: () => invalidate(cache, keys.leads),
  });
}

export function useDeleteLead() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      unwrap(client.DELETE('/api/leads/{lead_id}', { params: { path: { lead_id: id } } })),
    onSuccess: () => invalidate(cache, [...keys.leads, 'list'], keys.campaigns),
  });
}
