// @vitest-environment node
import { expect, test } from 'vitest';

import { doNotContact } from './do-not-contact';

test.each([
  ['manual', 'Do not contact: added by hand'],
  ['unsubscribed', 'Do not contact: unsubscribed'],
  ['asked', 'Do not contact: asked to stop'],
  ['some_new_reason', 'Do not contact: some new reason'],
])('%s is said in words', (reason, words) => {
  expect(doNotContact(reason)).toBe(words);
  expect(doNotContact(reason, '2031-03-03T10:00:00Z')).toBe(`${words} on 3 Mar 2031`);
});
