// @vitest-environment node
import { expect, test } from 'vitest';

import { customKey, mappingFaults } from './model';

test('headers become keys that a merge tag can name', () => {
  expect(customKey('Deal size (€)')).toBe('deal_size');
  expect(customKey('Größe')).toBe('gro_e');
  expect(customKey('2nd visit')).toBe('field_2nd_visit');
  expect(customKey('日本')).toBe('field');
});

test('a mapping needs an address column and no target twice', () => {
  expect(mappingFaults({ A: 'first_name' })).toEqual(['Say which column holds the e-mail address.']);
  expect(mappingFaults({ A: 'email', B: 'email' })).toEqual([
    'Two columns go to “E-mail address”; keep one.',
  ]);
  expect(mappingFaults({ A: 'email', B: '', C: '' })).toEqual([]);
});
