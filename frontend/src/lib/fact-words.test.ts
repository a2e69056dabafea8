import { expect, test } from 'vitest';

import { factWords } from './fact-words';

test.each([
  ['seniority', 'c_level', 'Executive (C level)'],
  ['seniority', 'head', 'Head'],
  ['department', 'it', 'IT'],
  ['department', 'human resources', 'Human resources'],
  ['website', 'it', 'it'],
])('%s %s reads %s', (name, value, words) => expect(factWords(name, value)).toBe(words));
