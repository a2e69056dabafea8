import { useMutation } from '@tanstack/react-query';

import { client, unwrap, type Schema } from '@/lib/client';

export function useChangePassword() {
  return useMutation({
    mutationFn: (body: Schema<'PasswordIn'>) => unwrap(client.PUT('/api/users/password', { body })),
  });
}
