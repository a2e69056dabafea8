import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render, type RenderResult } from '@testing-library/react';
import type { RequestHandler } from 'msw';
import { setupServer, type SetupServer } from 'msw/node';
import type { ReactNode } from 'react';
import { afterAll, afterEach, beforeAll } from 'vitest';

import { accept } from './auth';

/** For the tests of one file: an API that answers `handlers` and refuses all else, to somebody signed in. */
export function serveApi(...handlers: RequestHandler[]): SetupServer {
  const server = setupServer(...handlers);
  beforeAll(() => {
    server.listen({ onUnhandledRequest: 'error' });
    accept(`h.${btoa(JSON.stringify({ exp: Date.now() / 1000 + 900 }))}.s`);
  });
  afterEach(() => server.resetHandlers());
  afterAll(() => server.close());
  return server;
}

/** Renders what asks the API; a call that fails is told at once, not tried again. */
export function renderAsking(part: ReactNode): RenderResult {
  const cache = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  return render(<QueryClientProvider client={cache}>{part}</QueryClientProvider>);
}
