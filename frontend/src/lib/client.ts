import createClient from 'openapi-fetch';

import { API_ORIGIN, refresh, usableToken } from './auth';
import type { components, paths } from './generated/api';
import { toApiError } from './problem';

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

const origin = typeof location === 'undefined' ? 'http://localhost' : location.origin;

export const client = createClient<paths>({
  baseUrl: API_ORIGIN || origin,
  credentials: 'include',
  fetch: fetchSignedIn,
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

/** For POSTs that must not happen twice: the same key on every retry of one intent. */
export function idempotencyKey(): string {
  const random = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(random, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
