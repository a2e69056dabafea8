// @vitest-environment node
import { expect, test } from 'vitest';

import { paths, safeNext, withQuery } from './paths';

const ORIGIN = 'https://reachly.example';

test.each([
  '/campaigns?status=active',
  '/inbox?thread=a%2Fb#end',
  '/leads?q=%2F%2Fevil.example',
  '/leads?next=https://evil.example',
  '/leads/a%09b',
])('after a sign-in the address %s of this app may follow', (next) => {
  expect(safeNext(next, ORIGIN)).toBe(next);
});

test.each([
  null,
  '',
  'https://evil.example',
  'javascript:alert(1)',
  'evil.example',
  '//evil.example',
  '///evil.example',
  '/\\evil.example',
  '\\\\evil.example',
  '/\t/evil.example/x',
  '/\n/evil.example',
  '/\r/evil.example',
  '/\r\n\t\\evil.example',
  '\t//evil.example',
  '/dashboard/..//evil.example/y',
  '/dashboard/..\\/evil.example',
  '/.//evil.example',
  '/..//evil.example',
  '/%2e%2e//evil.example',
  '/a/%2E./\\evil.example',
  '/./\t/evil.example',
  'https://reachly.example:444/x',
  '/:x@\n//evil.example',
])('after a sign-in %j is never followed to another site', (next) => {
  const followed = safeNext(next, ORIGIN);
  expect(new URL(followed, ORIGIN).origin).toBe(ORIGIN);
  expect(new URL(followed, `${ORIGIN}/sign-in`).host).toBe('reachly.example');
});

test('what resolves to another host leads to Today', () => {
  for (const evil of ['//evil.example', '/\t/evil.example', '/dashboard/..//evil.example', '/\\evil.example'])
    expect(safeNext(evil, ORIGIN)).toBe(paths.today);
});

test('an encoded address stays a path of this app, to the letter', () => {
  for (const odd of ['/%2F%2Fevil.example', '/%09/evil.example', '/%5Cevil.example'])
    expect(safeNext(odd, ORIGIN)).toBe(odd);
});

test('queries are joined, and empty ones left out', () => {
  expect(withQuery('/leads?q=a', { import: 'x', q: null })).toBe('/leads?import=x');
  expect(withQuery('/leads', { q: '' })).toBe('/leads');
});

test('ids cannot leave their place in the address', () => {
  expect(paths.campaign('../settings')).toBe('/campaigns/..%2Fsettings');
});
