'use client';
import { usePathname, useSearchParams } from 'next/navigation';
import { useCallback } from 'react';

/**
 * A filter that lives in the address: it survives reload and can be sent to a colleague.
 * Written with the history API, so no navigation happens. It lags behind the keys: what is typed goes through
 * `SearchField`. A write that comes after the page was left is dropped, it would land in the next page's address.
 */
export function useUrlState(
  key: string,
  initial = '',
  /** `push`: what is opened this way is closed by the browser's Back. */
  history: 'replace' | 'push' = 'replace',
): [string, (value: string) => void] {
  const search = useSearchParams();
  const path = usePathname();
  const value = search.get(key) ?? initial;
  const set = useCallback(
    (next: string) => {
      if (window.location.pathname !== path) return;
      const query = new URLSearchParams(window.location.search);
      const had = query.has(key);
      if (next === initial || next === '') query.delete(key);
      else query.set(key, next);
      const text = query.toString();
      const address = `${window.location.pathname}${text ? `?${text}` : ''}`;
      if (history === 'push' && !had && query.has(key)) window.history.pushState(null, '', address);
      else window.history.replaceState(null, '', address);
    },
    [key, initial, path, history],
  );
  return [value, set];
}
