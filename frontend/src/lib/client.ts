import createClient from 'openapi-fetch';

import { API_ORIGIN, refresh, usableToken } from './auth';
import type { components, paths } from './generated/api';
import { ORIGIN } from './paths';
import { toApiError, UnreadableError } from './problem';

/** The API's own shapes, by name: `Schema<'CampaignOut'>`. */
export type Schema<Name extends keyof components['schemas']> = components['schemas'][Name];

function authorized(request: Request, token: string | null): Request {
  if (token) request.headers.set('authorization', `Bearer ${token}`);
  return request;
}

/** Sends with the token; on 401 asks for a new one, once, and repeats. */
export async function fetchSignedIn(request: Request): Promise<Response> {
  const again = request.clone();
  const response = await fetch(authorized(request, await usableToken()));
  if (response.status !== 401) return response;
  const token = await refresh();
  return token ? fetch(authorized(again, token)) : response;
}

/** A good answer that is no JSON (cut off, or a proxy's page) is a fault with the call's id, not a bare syntax error. */
async function fetchReadable(request: Request): Promise<Response> {
  const response = await fetchSignedIn(request);
  if (!response.ok || response.status === 204) return response;
  const text = await response.text();
  try {
    if (text) JSON.parse(text);
  } catch (cause) {
    throw new UnreadableError(response.headers.get('x-request-id') ?? '', cause);
  }
  return new Response(text, response);
}

export const client = createClient<paths>({
  baseUrl: API_ORIGIN || ORIGIN,
  credentials: 'include',
  fetch: fetchReadable,
});

interface Answer<Data> {
  data?: Data;
  error?: unknown;
  response: Response;
}

/** The data of a call, or the problem as an exception. */
export async function unwrap<Data>(call: Promise<Answer<Data>>): Promise<NonNullable<Data>> {
  const { data, error, response } = await call;
  if (!response.ok) throw toApiError(response, error);
  return data as NonNullable<Data>;
}

/** The list a call answers with; anything else would fail far from here, where it is drawn. */
export async function unwrapList<Row>(call: Promise<Answer<Row[]>>): Promise<Row[]> {
  const { response } = await call;
  const rows: unknown = await unwrap(call);
  if (Array.isArray(rows)) return rows as Row[];
  throw new UnreadableError(response.headers.get('x-request-id') ?? '', rows);
}

/** For POSTs that must not happen twice: the same key on every retry of one intent. */
export function idempotencyKey(): string {
  const random = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(random, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
