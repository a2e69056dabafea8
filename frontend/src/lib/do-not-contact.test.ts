// @vitest-environment node
import { expect, test } from 'vitest';

import { doNotContact } from './do-not-contact';

test('the reason is said in the words of the API, with the day', () => {
  expect(doNotContact({ words: 'Put on the list by hand', since: '2031-03-03T10:00:00Z' })).toBe(
    'Do not contact: put on the list by hand, since 3 Mar 2031',
  );
});
