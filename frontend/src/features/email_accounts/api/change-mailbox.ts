import { useMutation, useQueryClient } from '@tanstack/react-query';

import { client, idempotencyKey, unwrap, type Schema } from '@/lib/client';
import { invalidate, keys } from '@/lib/query';

import type { Mailbox } from './list-mailboxes';

type SmtpConnectIn = Schema<'SmtpConnectIn'>;
export type MailboxPatch = Schema<'EmailAccountPatch'>;

function useReplace() {
  const cache = useQueryClient();
  return (mailbox: Mailbox) => {
    cache.setQueryData<Mailbox[]>(keys.mailboxes, (old) =>
      old?.map((one) => (one.id === mailbox.id ? mailbox : one)),
    );
    return invalidate(cache, keys.mailboxes, keys.pulse);
  };
}

export function useConnectSmtp() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: Partial<SmtpConnectIn> & Pick<SmtpConnectIn, 'email_address' | 'smtp'>) =>
      unwrap(
        client.POST('/api/email-accounts/connect/smtp', {
          headers: { 'Idempotency-Key': idempotencyKey() },
          body: body as SmtpConnectIn,
        }),
      ),
    onSuccess: () => invalidate(cache, keys.mailboxes, keys.pulse, keys.analytics),
  });
}

export function useUpdateMailbox() {
  const replace = useReplace();
  return useMutation({
    mutationFn: ({ id, patch }: { id: string; patch: MailboxPatch }) =>
      unwrap(
        client.PUT('/api/email-accounts/{account_id}', { params: { path: { account_id: id } }, body: patch }),
      ),
    onSuccess: replace,
  });
}

export function useToggleMailbox() {
  const replace = useReplace();
  return useMutation({
    mutationFn: ({ id, active }: { id: string; active: boolean }) =>
      unwrap(
        client.PUT('/api/email-accounts/{account_id}/toggle', {
          params: { path: { account_id: id } },
          body: { is_active: active },
        }),
      ),
    onSuccess: replace,
  });
}

/** What becomes of people in mid-sequence; empty: what each campaign says. */
export type LeftBehind = 'wait' | 'continue' | 'stop';

export function useDisconnectMailbox() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ id, people }: { id: string; people: LeftBehind | '' }) =>
      unwrap(
        client.DELETE('/api/email-accounts/{account_id}', {
          params: { path: { account_id: id }, query: people ? { people } : {} },
        }),
      ),
    onSuccess: () => invalidate(cache, keys.mailboxes, keys.campaigns, keys.leads, keys.pulse),
  });
}

export function useTestMailbox() {
  return useMutation({
    mutationFn: (id: string) =>
      unwrap(client.POST('/api/email-accounts/{account_id}/test', { params: { path: { account_id: id } } })),
  });
}
