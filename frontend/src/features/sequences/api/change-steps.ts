import { useMutation, useQueryClient } from '@tanstack/react-query';

import { client, unwrap, type Schema } from '@/lib/client';
import { invalidate, keys } from '@/lib/query';

import type { Step } from './list-sequences';

type SequenceIn = Schema<'SequenceIn'>;
export type StepPatch = Schema<'SequencePatch'>;

function useRenew(campaign: string) {
  const cache = useQueryClient();
  // The campaign too: its number of steps, its check and its plan rest on them.
  return () =>
    invalidate(cache, keys.sequences(campaign), keys.campaign(campaign), [
      ...keys.campaigns,
      'plan',
      campaign,
    ]);
}

export function useAddStep(campaign: string) {
  const renew = useRenew(campaign);
  return useMutation({
    mutationFn: (body: Partial<SequenceIn> & Pick<SequenceIn, 'email_template'>) =>
      unwrap(
        client.POST('/api/campaigns/{campaign_id}/sequences', {
          params: { path: { campaign_id: campaign } },
          body: body as SequenceIn,
        }),
      ),
    onSuccess: renew,
  });
}

export function useUpdateStep(campaign: string) {
  const cache = useQueryClient();
  return useMutation({
    scope: { id: `steps-${campaign}` },
    mutationFn: ({ id, patch }: { id: string; patch: StepPatch }) =>
      unwrap(
        client.PUT('/api/sequences/{sequence_id}', { params: { path: { sequence_id: id } }, body: patch }),
      ),
    onSuccess: (step) => {
      // In place, not asked anew: the answer must not overwrite what is being typed meanwhile.
      cache.setQueryData<Step[]>(keys.sequences(campaign), (old) =>
        old?.map((one) => (one.id === step.id ? step : one)),
      );
      return invalidate(cache, keys.campaign(campaign), keys.plan(campaign), keys.check(campaign));
    },
  });
}

export function useDeleteStep(campaign: string) {
  const renew = useRenew(campaign);
  return useMutation({
    mutationFn: (id: string) =>
      unwrap(client.DELETE('/api/sequences/{sequence_id}', { params: { path: { sequence_id: id } } })),
    onSuccess: renew,
  });
}

export function useReorderSteps(campaign: string) {
  const renew = useRenew(campaign);
  return useMutation({
    mutationFn: (ids: string[]) =>
      unwrap(
        client.POST('/api/campaigns/{campaign_id}/sequences/reorder', {
          params: { path: { campaign_id: campaign } },
          body: { sequence_ids: ids },
        }),
      ),
    onSuccess: renew,
  });
}
