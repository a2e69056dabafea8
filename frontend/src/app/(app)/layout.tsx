import { Suspense, type ReactNode } from 'react';

import { AppFrame } from './frame';

export default function AppLayout({ children }: { children: ReactNode }) {
  return (
    <AppFrame>
      <Suspense>{children}</Suspense>
    </AppFrame>
  );
}
