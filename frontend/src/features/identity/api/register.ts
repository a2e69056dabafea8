import { useMutation, useQueryClient } from '@tanstack/react-query';

import { accept } from '@/lib/auth';
import type { Schema } from '@/lib/client';
import { keys } from '@/lib/query';

import { postForTokens } from './sign-in';

type Registration = Omit<Schema<'RegisterIn'>, 'client'>;

export function useRegister() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: Registration) => postForTokens('/api/auth/register', body),
    onSuccess: (answer) => {
      cache.clear();
      cache.setQueryData(keys.me, answer.me);
      accept(answer.access_token, true);
    },
  });
}
