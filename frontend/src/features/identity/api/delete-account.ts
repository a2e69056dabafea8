import { useMutation } from '@tanstack/react-query';

import { signOut } from '@/lib/auth';
import { client, unwrap } from '@/lib/client';

/** Oneself, or as an administrator the whole organization. Refused with 409 for the last administrator alone. */
export function useDeleteAccount() {
  return useMutation({
    mutationFn: ({ organization }: { organization: boolean }) =>
      unwrap(
        client.DELETE('/api/users/account', {
          params: { query: organization ? { organization: true } : {} },
        }),
      ),
    onSuccess: () => signOut(),
  });
}
