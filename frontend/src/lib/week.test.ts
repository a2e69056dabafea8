// @vitest-environment node
import { describe, expect, test } from 'vitest';

import { hoursOf, isWholeWeek, OFFICE_WEEK, WHOLE_WEEK, windowsInWords, windowsOf } from './week';

describe('sending hours', () => {
  test('hours and windows are the same thing told twice', () => {
    const windows = [
      ['08:00', '12:00'],
      ['13:00', '24:00'],
    ];
    expect(windowsOf(hoursOf(windows))).toEqual(windows);
  });
  test('a week without limits is known however it is written', () => {
    expect(isWholeWeek(null)).toBe(true);
    expect(isWholeWeek(WHOLE_WEEK)).toBe(true);
    expect(isWholeWeek(OFFICE_WEEK)).toBe(false);
  });
  test('half an hour counts as an open hour, and nothing as none', () => {
    expect(hoursOf([['09:30', '10:00']])[9]).toBe(true);
    expect(windowsOf(hoursOf(undefined))).toEqual([]);
  });
  test('neighbouring days with the same hours are told together', () => {
    expect(windowsInWords(OFFICE_WEEK)).toBe('Mon–Fri 09:00–17:00');
    expect(windowsInWords({ mon: [['09:00', '12:00']], wed: [['09:00', '12:00']] })).toBe(
      'Mon 09:00–12:00; Wed 09:00–12:00',
    );
    expect(windowsInWords({})).toBe('at no hour');
  });
});
