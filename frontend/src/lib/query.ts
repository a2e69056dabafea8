import { QueryClient, type QueryKey } from '@tanstack/react-query';

import { ApiError } from './problem';

/** The first part of every key is the noun; live events name these to say what became old. */
export const keys = {
  me: ['me'] as const,
  pulse: ['pulse'] as const,
  organization: ['organization'] as const,
  usage: ['usage'] as const,
  campaigns: ['campaigns'] as const,
  campaign: (id: string) => ['campaigns', 'one', id] as const,
  /** Apart from the campaign: dear to ask, and live events do not change it. */
  check: (id: string) => ['campaigns', 'check', id] as const,
  plan: (id: string) => ['campaigns', 'plan', id] as const,
  preview: (id: string) => ['campaigns', 'preview', id] as const,
  sequences: (campaign: string) => ['sequences', campaign] as const,
  leads: ['leads'] as const,
  lead: (id: string) => ['leads', 'one', id] as const,
  imports: ['imports'] as const,
  mailboxes: ['mailboxes'] as const,
  analytics: ['analytics'] as const,
  inbox: ['inbox'] as const,
  suppressions: ['suppressions'] as const,
  notifications: ['notifications'] as const,
  /** Work in the background that failed. */
  jobs: ['jobs'] as const,
};

/** Faults of the request stay what they are; only a missing server is asked again. */
function worthRetrying(failures: number, error: unknown): boolean {
  if (error instanceof ApiError && error.status < 500 && error.status !== 429) return false;
  return failures < 3;
}

export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        retry: worthRetrying,
        retryDelay: (attempt) => Math.min(500 * 2 ** attempt, 8000),
        // Live events say when something changed; time alone makes little of it old.
        staleTime: 15_000,
        gcTime: 10 * 60_000,
        refetchOnWindowFocus: true,
      },
      mutations: { retry: false },
    },
  });
}

export function invalidate(client: QueryClient, ...which: QueryKey[]): Promise<unknown> {
  return Promise.all(which.map((queryKey) => client.invalidateQueries({ queryKey })));
}
