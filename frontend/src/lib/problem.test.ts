// @vitest-environment node
import { describe, expect, test } from 'vitest';

import { ApiError, pointerToField, toApiError, wordsFor } from './problem';

const answer = (status: number, headers: Record<string, string> = {}) =>
  new Response(null, { status, headers });

describe('problems', () => {
  test('problem+json becomes an exception with its faults', () => {
    const error = toApiError(answer(422), {
      title: 'Invalid',
      detail: 'Correct the fields.',
      code: 'invalid',
      errors: [{ pointer: '/smtp/host', detail: 'is empty', code: 'missing' }],
    });
    expect(error.detail).toBe('Correct the fields.');
    expect(error.faults).toEqual([{ pointer: '/smtp/host', detail: 'is empty', code: 'missing' }]);
  });
  test('a page of a proxy in between is no reason to crash', () => {
    const error = toApiError(answer(502), null);
    expect(wordsFor(error).title).toBe('The server failed');
  });
  test('what the API says goes before general advice', () => {
    const said = new ApiError(409, { detail: 'Pause the campaign first; this one is active.' }, null);
    expect(wordsFor(said).detail).toBe('Pause the campaign first; this one is active.');
    expect(wordsFor(new ApiError(403, {}, null)).detail).toBe('Ask an administrator of your organization.');
  });
  test('the wait of a rate limit is told', () => {
    const error = toApiError(answer(429, { 'retry-after': '12' }), { detail: 'Slow down.' });
    expect(wordsFor(error).detail).toBe('Slow down. Try again in 12 s.');
  });
  test('no network is told as such', () => {
    expect(wordsFor(new TypeError('Failed to fetch')).title).toBe('No connection to the server');
  });
  test('JSON pointers become names of form fields', () => {
    expect(pointerToField('/smtp/host')).toBe('smtp.host');
    expect(pointerToField('/custom_fields/a~1b')).toBe('custom_fields.a/b');
    expect(pointerToField('')).toBe('');
  });
});
