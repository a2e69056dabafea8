import { useQuery } from '@tanstack/react-query';

import { client, unwrap, type Schema } from '@/lib/client';
import { keys } from '@/lib/query';

export type Doubts = Schema<'DoubtsOut'>;
export type DoubtGroup = Schema<'DoubtGroup'>;

/** What nobody can say of whether it was delivered, and how much of it probably was; asked when it is wanted. */
export function useDoubts(campaign: string, mailbox: string | undefined, wanted: boolean) {
  return useQuery({
    queryKey: [...keys.campaign(campaign), 'doubts', mailbox],
    queryFn: ({ signal }) =>
      unwrap(
        client.GET('/api/unknown-messages', {
          params: { query: { campaign_id: campaign, email_account_id: mailbox } },
          signal,
        }),
      ),
    enabled: wanted,
  });
}
