import { useMutation, useQueryClient } from '@tanstack/react-query';

import { client, unwrap } from '@/lib/client';
import { invalidate, keys } from '@/lib/query';

import type { Decision } from './decide-unknown';

/** One decision about all of a campaign, or those of one of its mailboxes. */
export function useResolveDoubts(campaign: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ decision, mailbox }: { decision: Decision; mailbox: string | undefined }) =>
      unwrap(
        client.POST('/api/unknown-messages/resolve', {
          body: { decision, campaign_id: campaign, email_account_id: mailbox ?? null, all: false },
        }),
      ),
    onSuccess: () => invalidate(cache, keys.campaign(campaign), keys.pulse),
  });
}
