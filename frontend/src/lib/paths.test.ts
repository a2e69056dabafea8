// @vitest-environment node
import { expect, test } from 'vitest';

import { paths, safeNext, withQuery } from './paths';

test('after a sign-in only an address of this app may follow', () => {
  expect(safeNext('/campaigns?status=active')).toBe('/campaigns?status=active');
  for (const evil of [
    'https://evil.example',
    '//evil.example',
    '/\\evil.example',
    'javascript:alert(1)',
    null,
  ])
    expect(safeNext(evil)).toBe(paths.today);
});

test('queries are joined, and empty ones left out', () => {
  expect(withQuery('/leads?q=a', { import: 'x', q: null })).toBe('/leads?import=x');
  expect(withQuery('/leads', { q: '' })).toBe('/leads');
});

test('ids cannot leave their place in the address', () => {
  expect(paths.campaign('../settings')).toBe('/campaigns/..%2Fsettings');
});
