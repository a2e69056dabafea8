import { useQuery } from '@tanstack/react-query';

import { client, unwrap, type Schema } from '@/lib/client';
import { keys } from '@/lib/query';

export type Pulse = Schema<'PulseOut'>;

/** What the engine does now. Live events renew it; the interval is for a connection without them. */
export function usePulse() {
  return useQuery({
    queryKey: keys.pulse,
    queryFn: async ({ signal }) => {
      const pulse = await unwrap(client.GET('/api/pulse', { signal }));
      // Product time may run apart from this computer's clock: countdowns go by the difference.
      return { ...pulse, skewMs: new Date(pulse.now).getTime() - Date.now() };
    },
    staleTime: 5000,
    refetchInterval: 20_000,
  });
}
