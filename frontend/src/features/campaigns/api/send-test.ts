import { useMutation } from '@tanstack/react-query';

import { client, idempotencyKey, unwrap, type Schema } from '@/lib/client';

type TestSendIn = Schema<'TestSendIn'>;

export function useSendTest(campaign: string) {
  return useMutation({
    mutationFn: (body: Partial<TestSendIn> & Pick<TestSendIn, 'to_email'>) =>
      unwrap(
        client.POST('/api/campaigns/{campaign_id}/test-send', {
          params: { path: { campaign_id: campaign } },
          headers: { 'Idempotency-Key': idempotencyKey() },
          body: body as TestSendIn,
        }),
      ),
  });
}
