'use client';
import { usePathname } from 'next/navigation';
import { useSyncExternalStore } from 'react';

const never = () => () => undefined;

/** False during prerender and hydration, so that the first client render equals the exported HTML. */
export function useHydrated(): boolean {
  return useSyncExternalStore(
    never,
    () => true,
    () => false,
  );
}

export function segmentOf(path: string, index: number): string | null {
  const segment = path.split('/')[index];
  if (!segment || segment === '_') return null;
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** The id in the address (`/campaigns/<id>`: index 2); null until hydrated. */
export function useRouteParam(index: number): string | null {
  const path = usePathname();
  const hydrated = useHydrated();
  return hydrated ? segmentOf(path, index) : null;
}
