'use client';
import { useSyncExternalStore } from 'react';

import { authServerSnapshot, authSnapshot, subscribeAuth } from '@/lib/auth';

export function useAuth() {
  return useSyncExternalStore(subscribeAuth, authSnapshot, authServerSnapshot);
}
