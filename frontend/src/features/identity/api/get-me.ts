import { useQuery } from '@tanstack/react-query';

import { useAuth } from '@/hooks/use-auth';
import { client, unwrap, type Schema } from '@/lib/client';
import { keys } from '@/lib/query';

export type Me = Schema<'MeOut'>;

export function useMe() {
  const { state } = useAuth();
  return useQuery({
    queryKey: keys.me,
    queryFn: ({ signal }) => unwrap(client.GET('/api/auth/me', { signal })),
    enabled: state === 'in',
    staleTime: 60_000,
  });
}
