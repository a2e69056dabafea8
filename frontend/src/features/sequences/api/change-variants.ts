import { useMutation, useQueryClient } from '@tanstack/react-query';

import { client, unwrap, type Schema } from '@/lib/client';
import { invalidate, keys } from '@/lib/query';

export type VariantIn = Schema<'VariantIn'>;

export function useAddVariant(campaign: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ step, body }: { step: string; body: VariantIn }) =>
      unwrap(
        client.POST('/api/sequences/{sequence_id}/variants', {
          params: { path: { sequence_id: step } },
          body,
        }),
      ),
    onSuccess: () => invalidate(cache, keys.sequences(campaign)),
  });
}

export function useUpdateVariant(campaign: string) {
  const cache = useQueryClient();
  return useMutation({
    scope: { id: `steps-${campaign}` },
    mutationFn: ({ step, variant, body }: { step: string; variant: string; body: VariantIn }) =>
      unwrap(
        client.PUT('/api/sequences/{sequence_id}/variants/{variant_id}', {
          params: { path: { sequence_id: step, variant_id: variant } },
          body,
        }),
      ),
    onSuccess: () => invalidate(cache, keys.sequences(campaign)),
  });
}

export function useDeleteVariant(campaign: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ step, variant }: { step: string; variant: string }) =>
      unwrap(
        client.DELETE('/api/sequences/{sequence_id}/variants/{variant_id}', {
          params: { path: { sequence_id: step, variant_id: variant } },
        }),
      ),
    onSuccess: () => invalidate(cache, keys.sequences(campaign)),
  });
}
