import type { ReactNode } from 'react';

/** One exported shell stands for every id; the client reads the real one from the address. */
export function generateStaticParams() {
  return [{ id: '_' }];
}

export default function LeadLayout({ children }: { children: ReactNode }) {
  return children;
}
