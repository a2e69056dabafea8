import { http, HttpResponse } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';

const origin = 'http://localhost:3000';
const server = setupServer();
beforeAll(() => server.listen({ onUnhandledRequest: 'error' }));
afterEach(() => server.resetHandlers());
afterAll(() => server.close());

function token(seconds: number, mark = ''): string {
  const claims = btoa(JSON.stringify({ exp: Math.floor(Date.now() / 1000) + seconds, mark }));
  return `h.${claims}.s`;
}

/** A fresh copy of the modules: they hold the session in their own memory. */
async function load() {
  vi.resetModules();
  return { auth: await import('./auth'), client: await import('./client') };
}

describe('session', () => {
  let refreshes = 0;
  beforeEach(() => {
    refreshes = 0;
    server.use(
      http.post(`${origin}/api/auth/refresh`, () => {
        refreshes += 1;
        return HttpResponse.json({ access_token: token(900, `new${refreshes}`) });
      }),
    );
  });

  test('ten calls at once ask for one new token', async () => {
    const { auth } = await load();
    const tokens = await Promise.all(Array.from({ length: 10 }, () => auth.usableToken()));
    expect(refreshes).toBe(1);
    expect(new Set(tokens).size).toBe(1);
  });

  test('a token about to end is renewed before it is used', async () => {
    const { auth } = await load();
    auth.accept(token(10));
    await auth.usableToken();
    expect(refreshes).toBe(1);
  });

  test('a 401 is answered by one refresh and one repeat with the same body', async () => {
    const { auth, client } = await load();
    auth.accept(token(900, 'revoked'));
    const bodies: string[] = [];
    server.use(
      http.put(`${origin}/api/users/profile`, async ({ request }) => {
        bodies.push(await request.text());
        const claims = request.headers.get('authorization')?.split('.')[1] ?? '';
        const fresh = atob(claims).includes('new1');
        return fresh ? HttpResponse.json({ ok: true }) : HttpResponse.json({ status: 401 }, { status: 401 });
      }),
    );
    const response = await client.fetchSignedIn(
      new Request(`${origin}/api/users/profile`, { method: 'PUT', body: '{"name":"Mira"}' }),
    );
    expect(response.status).toBe(200);
    expect(bodies).toEqual(['{"name":"Mira"}', '{"name":"Mira"}']);
    expect(refreshes).toBe(1);
  });

  test('a refused refresh signs out and is not asked again', async () => {
    const { auth } = await load();
    server.use(
      http.post(`${origin}/api/auth/refresh`, () => {
        refreshes += 1;
        return HttpResponse.json({ detail: 'Sign in.' }, { status: 401 });
      }),
    );
    expect(await auth.refresh()).toBeNull();
    expect(auth.authSnapshot().state).toBe('out');
    expect(await auth.usableToken()).toBeNull();
    expect(refreshes).toBe(1);
  });

  test('a server that is away does not sign anybody out', async () => {
    const { auth } = await load();
    auth.accept(token(5));
    server.use(http.post(`${origin}/api/auth/refresh`, () => new HttpResponse(null, { status: 503 })));
    await expect(auth.refresh()).rejects.toMatchObject({ status: 503 });
    expect(auth.authSnapshot().state).toBe('in');
  });
});
