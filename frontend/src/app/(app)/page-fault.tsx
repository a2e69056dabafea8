'use client';
import { Page } from '@/components/layout/page';

import { Fault, type FaultProps } from '../fault';

/** The `error.tsx` of the page called `title`: the shell stays, navigation and all. */
export function pageFault(title: string) {
  return function PageFault(props: FaultProps) {
    return (
      <Page title={title}>
        <Fault {...props} />
      </Page>
    );
  };
}
