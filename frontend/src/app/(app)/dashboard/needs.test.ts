import { expect, test } from 'vitest';

import { needsOf } from './needs';

const calm = {
  unread: 0,
  mailboxes: [],
  waiting: [],
  late: [],
  failedJobs: 0,
  postalAddress: 'Street 1',
  isAdmin: true,
};

test('where nothing waits for a person, nothing is said', () => {
  expect(needsOf(calm)).toEqual([]);
});

test('failed background work leads to where it is tried again', () => {
  const [need] = needsOf({ ...calm, failedJobs: 2 });
  expect(need?.title).toBe('2 background jobs failed');
  expect(need?.href).toBe('/settings?part=work');
});
