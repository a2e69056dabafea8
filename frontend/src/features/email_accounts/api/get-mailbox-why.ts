import { useQuery } from '@tanstack/react-query';

import { client, unwrap } from '@/lib/client';
import { keys } from '@/lib/query';

/** What keeps a mailbox from sending now, its caps, and the campaigns that wait for it. */
export function useMailboxWhy(mailbox: string) {
  return useQuery({
    queryKey: [...keys.mailboxes, 'why', mailbox],
    queryFn: ({ signal }) =>
      unwrap(
        client.GET('/api/email-accounts/{account_id}/explain', {
          params: { path: { account_id: mailbox } },
          signal,
        }),
      ),
    refetchInterval: 60_000,
  });
}
