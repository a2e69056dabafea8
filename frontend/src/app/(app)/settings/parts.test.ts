import { expect, test } from 'vitest';

import { PARTS, partsFor } from './parts';

test('an administrator sees every part, others not what only administrators may ask for', () => {
  expect(partsFor({ permissions: ['org:admin'] })).toEqual([...PARTS]);
  const others = partsFor({ permissions: ['leads:read'] }).map((one) => one.value);
  expect(others).not.toContain('work');
  expect(others).not.toContain('audit');
  expect(others).toContain('profile');
});
