'use client';
import { useCallback, useSyncExternalStore } from 'react';

const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener('storage', listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener('storage', listener);
  };
}

/** A small preference of this browser (never a secret). */
export function useStored(key: string, initial: string): [string, (value: string) => void] {
  const name = `reachly.${key}`;
  const value = useSyncExternalStore(
    subscribe,
    () => {
      try {
        return localStorage.getItem(name) ?? initial;
      } catch {
        return initial;
      }
    },
    () => initial,
  );
  const set = useCallback(
    (next: string) => {
      try {
        localStorage.setItem(name, next);
      } catch {
        // Private windows may refuse; the preference is then for this page only.
      }
      for (const listener of listeners) listener();
    },
    [name],
  );
  return [value, set];
}
