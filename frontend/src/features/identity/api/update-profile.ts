import { useMutation, useQueryClient } from '@tanstack/react-query';

import { client, unwrap, type Schema } from '@/lib/client';
import { invalidate, keys } from '@/lib/query';

export function useUpdateProfile() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: Schema<'ProfileIn'>) => unwrap(client.PUT('/api/users/profile', { body })),
    onSuccess: () => invalidate(cache, keys.me),
  });
}
