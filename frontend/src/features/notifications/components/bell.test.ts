import { expect, test } from 'vitest';

import { hrefOf } from './bell';

test.each([
  ['campaign:c', '/campaigns/c'],
  ['mailbox:m', '/mailboxes?mailbox=m'],
  ['import:i', '/leads/import?id=i'],
  ['jobs', '/settings?part=work'],
])('what is about %s leads to %s', (subject, href) => {
  expect(hrefOf(subject)).toBe(href);
});

test.each([null, '', 'weather:1'])('what is about %o leads nowhere', (subject) => {
  expect(hrefOf(subject)).toBeNull();
});
