'use client';
import { useTheme } from 'next-themes';
import { Toaster as Sonner, toast } from 'sonner';

import { wordsFor } from '@/lib/problem';

export { toast };

export function Toaster() {
  const { resolvedTheme } = useTheme();
  return (
    <Sonner
      theme={resolvedTheme === 'dark' ? 'dark' : 'light'}
      position="bottom-right"
      gap={8}
      toastOptions={{
        style: {
          background: 'var(--raised)',
          color: 'var(--ink)',
          border: '1px solid var(--line)',
          borderRadius: 8,
          fontFamily: 'inherit',
          fontSize: 13,
          boxShadow: 'var(--shadow-float)',
        },
      }}
    />
  );
}

/** For mutations: says what happened and what to do next. */
export function toastError(error: unknown): void {
  const words = wordsFor(error);
  toast.error(words.title, { description: words.detail });
}
