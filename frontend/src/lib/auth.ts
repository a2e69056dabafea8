import { toApiError } from './problem';

/**
 * The access token lives in this module's memory only, never in storage a script could read later.
 * The refresh token is an httpOnly cookie that only POST /api/auth/refresh sees.
 */
export const API_ORIGIN = process.env.NEXT_PUBLIC_API_ORIGIN ?? '';

export type AuthState = 'unknown' | 'in' | 'out';

interface Snapshot {
  state: AuthState;
  /** Changes with every new token: sockets reconnect by it. */
  token: string | null;
}

let snapshot: Snapshot = { state: 'unknown', token: null };
let expiresAt = 0;
let refreshing: Promise<string | null> | null = null;
const listeners = new Set<() => void>();

function set(next: Snapshot): void {
  snapshot = next;
  for (const listener of listeners) listener();
}

export function subscribeAuth(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
export const authSnapshot = (): Snapshot => snapshot;
const atServer: Snapshot = { state: 'unknown', token: null };
export const authServerSnapshot = (): Snapshot => atServer;

type Said = 'in' | 'out';
const channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('reachly-auth');
channel?.addEventListener('message', (event: MessageEvent<Said>) => {
  if (event.data === 'out') set({ state: 'out', token: null });
  // Another tab signed in, perhaps as somebody else: start over with its cookie.
  if (event.data === 'in' && snapshot.state === 'out') void refresh();
});

/** When the token ends, in epoch ms; 0 when it cannot be read. */
function expiryOf(token: string): number {
  try {
    const body = token.split('.')[1] ?? '';
    const claims = JSON.parse(atob(body.replaceAll('-', '+').replaceAll('_', '/'))) as { exp?: number };
    return (claims.exp ?? 0) * 1000;
  } catch {
    return 0;
  }
}

export function accept(token: string, announce = false): void {
  expiresAt = expiryOf(token);
  set({ state: 'in', token });
  if (announce) channel?.postMessage('in');
}

async function askRefresh(): Promise<string | null> {
  const response = await fetch(`${API_ORIGIN}/api/auth/refresh`, {
    method: 'POST',
    credentials: 'include',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  });
  if (response.ok) {
    const body = (await response.json()) as { access_token: string };
    accept(body.access_token);
    return body.access_token;
  }
  if ([400, 401, 403, 422].includes(response.status)) {
    set({ state: 'out', token: null });
    return null;
  }
  throw toApiError(response, await response.json().catch(() => null));
}

/** One refresh at a time, in this tab and, where the browser can lock, over all tabs. */
export function refresh(): Promise<string | null> {
  if (!refreshing) {
    const locks = typeof navigator === 'undefined' ? undefined : navigator.locks;
    const asked: Promise<string | null> = locks
      ? locks.request('reachly-refresh', askRefresh).then((token) => token)
      : askRefresh();
    refreshing = asked.finally(() => {
      refreshing = null;
    });
  }
  return refreshing;
}

/** A token that holds for at least half a minute more, or null when signed out. */
export async function usableToken(): Promise<string | null> {
  const { token, state } = snapshot;
  if (state === 'out') return null;
  if (token && (expiresAt === 0 || expiresAt - Date.now() > 30_000)) return token;
  return refresh();
}

export async function signOut(): Promise<void> {
  const token = snapshot.token;
  set({ state: 'out', token: null });
  channel?.postMessage('out');
  await fetch(`${API_ORIGIN}/api/auth/logout`, {
    method: 'POST',
    credentials: 'include',
    headers: {
      'content-type': 'application/json',
      ...(token ? { authorization: `Bearer ${token}` } : {}),
    },
    body: '{}',
  }).catch(() => undefined);
}
