'use client';
import { useRouter, useSearchParams } from 'next/navigation';
import { useCallback, useEffect } from 'react';

import { useAuth } from '@/hooks/use-auth';
import { safeNext } from '@/lib/paths';

/** Where the visitor wanted to go; also at once when already signed in (in this tab or another). */
export function useAfterSignIn(): () => void {
  const router = useRouter();
  const next = safeNext(useSearchParams().get('next'));
  const { state } = useAuth();
  const goOn = useCallback(() => router.replace(next), [router, next]);
  useEffect(() => {
    if (state === 'in') goOn();
  }, [state, goOn]);
  return goOn;
}
