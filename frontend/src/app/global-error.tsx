'use client';
import './globals.css';

import { buttonStyle } from '@/components/ui/button';
import { paths } from '@/lib/paths';
import { requestIdOf } from '@/lib/problem';

import type { FaultProps } from './fault';

/** The last resort, when even the frame of all pages fails: stands alone, and loads the app anew. */
export default function GlobalFault({ error, reset }: FaultProps) {
  const request = requestIdOf(error);
  return (
    <html lang="en">
      <body>
        <title>Reachly</title>
        <main className="flex min-h-dvh flex-col items-center justify-center gap-2 px-6 text-center">
          <h1 className="text-lg">Reachly could not be shown</h1>
          <p className="text-ink-2">What you saved is safe, and sending goes on without this page.</p>
          {error.message && <p className="text-xs break-words text-ink-3">{error.message}</p>}
          {request && <p className="text-xs break-all text-ink-3">Request {request}</p>}
          <p className="mt-3 flex gap-2">
            <button type="button" onClick={reset} className={buttonStyle({ variant: 'primary' })}>
              Try again
            </button>
            {/* A whole load on purpose: the app that would navigate has failed. */}
            <a href={paths.today} className={buttonStyle()}>
              Go to Today
            </a>
          </p>
        </main>
      </body>
    </html>
  );
}
