import { keepPreviousData, useQuery } from '@tanstack/react-query';

import { client, unwrap, type Schema } from '@/lib/client';
import { keys } from '@/lib/query';

export type Simulation = Schema<'SimulationOut'>;

export function useSimulation(campaign: string, enabled = true) {
  return useQuery({
    queryKey: keys.plan(campaign),
    queryFn: ({ signal }) =>
      unwrap(
        client.GET('/api/campaigns/{campaign_id}/simulation', {
          params: { path: { campaign_id: campaign } },
          signal,
        }),
      ),
    // It plays the whole campaign through: dear enough not to repeat at every event.
    staleTime: 60_000,
    placeholderData: keepPreviousData,
    enabled,
  });
}
