'use client';
import { QueryClientProvider } from '@tanstack/react-query';
import { ThemeProvider } from 'next-themes';
import { useState, type ReactNode } from 'react';
import * as z from 'zod';

import { Toaster } from '@/components/ui/toast';
import { TooltipProvider } from '@/components/ui/tooltip';
import { UnsavedGuard } from '@/components/ui/unsaved-guard';
import { makeQueryClient } from '@/lib/query';

// zod would try `new Function`, which the content security policy refuses and reports.
z.config({ jitless: true });

export function Providers({ children }: { children: ReactNode }) {
  const [queries] = useState(makeQueryClient);
  return (
    <ThemeProvider attribute="class" defaultTheme="system" enableSystem disableTransitionOnChange>
      <QueryClientProvider client={queries}>
        <TooltipProvider delayDuration={250} skipDelayDuration={100}>
          {children}
          <UnsavedGuard />
          <Toaster />
        </TooltipProvider>
      </QueryClientProvider>
    </ThemeProvider>
  );
}
