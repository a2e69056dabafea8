'use client';
import { useSearchParams } from 'next/navigation';
import { useCallback } from 'react';

/**
 * A filter that lives in the address: it survives reload and can be sent to a colleague.
 * Written with the history API, so no navigation happens.
 */
export function useUrlState(key: string, initial = ''): [string, (value: string) => void] {
  const search = useSearchParams();
  const value = search.get(key) ?? initial;
  const set = useCallback(
    (next: string) => {
      const query = new URLSearchParams(window.location.search);
      if (next === initial || next === '') query.delete(key);
      else query.set(key, next);
      const text = query.toString();
      window.history.replaceState(null, '', `${window.location.pathname}${text ? `?${text}` : ''}`);
    },
    [key, initial],
  );
  return [value, set];
}
