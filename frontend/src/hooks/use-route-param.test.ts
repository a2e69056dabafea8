import { expect, test } from 'vitest';

import { segmentOf } from './use-route-param';

test('the id is read from the address, the placeholder is none', () => {
  expect(segmentOf('/campaigns/42/edit', 2)).toBe('42');
  expect(segmentOf('/campaigns/_', 2)).toBeNull();
  expect(segmentOf('/campaigns', 2)).toBeNull();
});

test('a malformed escape in the address does not throw', () => {
  expect(segmentOf('/campaigns/%E0%A4%A', 2)).toBe('%E0%A4%A');
});
