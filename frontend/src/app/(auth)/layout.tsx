import { Suspense, type ReactNode } from 'react';

import { Mark } from '@/components/layout/mark';

export default function AuthLayout({ children }: { children: ReactNode }) {
  return (
    <main className="flex min-h-dvh flex-col items-center bg-canvas px-4 pt-[12vh] pb-10">
      <div className="w-full max-w-sm">
        <div className="mb-8 flex items-center gap-2.5">
          <Mark className="size-8" />
          <span className="text-lg font-semibold tracking-tight">Reachly</span>
        </div>
        <Suspense>{children}</Suspense>
      </div>
    </main>
  );
}
