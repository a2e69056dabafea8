'use client';
import { Fault, type FaultProps } from './fault';

/** For what stands outside every page: the shell itself could not be drawn. */
export default function ShellFault(props: FaultProps) {
  return (
    <main className="flex min-h-dvh items-center">
      <Fault {...props} />
    </main>
  );
}
