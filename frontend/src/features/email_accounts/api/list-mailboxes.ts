import { useQuery } from '@tanstack/react-query';

import { client, unwrapList, type Schema } from '@/lib/client';
import { keys } from '@/lib/query';

/** `workday` loses its tuples on the way through the client: pairs of times, as lists. */
export type Mailbox = Omit<Schema<'EmailAccountOut'>, 'workday'> & {
  workday: Record<string, string[][]> | null;
};

export function useMailboxes() {
  return useQuery({
    queryKey: keys.mailboxes,
    queryFn: ({ signal }) => unwrapList(client.GET('/api/email-accounts', { signal })),
    refetchInterval: 60_000,
  });
}
