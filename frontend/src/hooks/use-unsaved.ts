'use client';
import { createContext, useContext, useEffect } from 'react';

import { everywhere, type Unsaved } from '@/lib/unsaved';

/** The surfaces around a form, the page last: each of them loses its words when it closes. */
export const UnsavedScope = createContext<readonly Unsaved[]>([everywhere]);

/** While `dirty`, closing the dialog around and leaving the page ask "Leave without saving?" first. */
export function useUnsaved(dirty: boolean): void {
  const around = useContext(UnsavedScope);
  useEffect(() => {
    if (!dirty) return;
    const key = {};
    for (const scope of around) scope.add(key);
    return () => {
      for (const scope of around) scope.delete(key);
    };
  }, [dirty, around]);
}
