import { useMutation, useQueryClient } from '@tanstack/react-query';

import { accept, API_ORIGIN } from '@/lib/auth';
import type { Schema } from '@/lib/client';
import { toApiError } from '@/lib/problem';
import { keys } from '@/lib/query';

type Credentials = Pick<Schema<'LoginIn'>, 'email' | 'password'>;

/** Without the client's retry on 401: here a 401 is the answer. */
export async function postForTokens(path: string, body: object): Promise<Schema<'TokenOut'>> {
  const response = await fetch(`${API_ORIGIN}${path}`, {
    method: 'POST',
    credentials: 'include',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const answer: unknown = await response.json().catch(() => null);
  if (!response.ok) throw toApiError(response, answer);
  return answer as Schema<'TokenOut'>;
}

export function useSignIn() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: Credentials) => postForTokens('/api/auth/login', body),
    onSuccess: (answer) => {
      cache.clear();
      cache.setQueryData(keys.me, answer.me);
      accept(answer.access_token, true);
    },
  });
}
