// @vitest-environment node
import { expect, test } from 'vitest';

import { starterFor } from './starter';

test.each([
  [['de-AT', 'en'], 'Guten Tag'],
  [['DE'], 'Guten Tag'],
  [['fr-FR', 'de'], 'Guten Tag'],
  [['en-GB', 'de'], 'Hi '],
  [['fr'], 'Hi '],
  [[], 'Hi '],
])('who reads %j first starts with “%s”', (languages, words) => {
  expect(starterFor(languages).first).toContain(words);
  expect(starterFor(languages).followUp).toContain(words);
});

test.each(['en', 'de'])('the %s text needs no field that a person or a mailbox may lack', (language) => {
  const { first, followUp } = starterFor([language]);
  for (const text of [first, followUp]) {
    expect(text).not.toMatch(/signature|opening_line|postal_address/);
    const fields = [...text.matchAll(/{{([^}]*)}}/g)].map(([, inside]) => inside?.trim());
    for (const field of fields)
      expect(field?.includes('fallback') || text.includes(`{% if ${field} %}`), field).toBe(true);
  }
});
