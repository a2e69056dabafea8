// @vitest-environment node
import { describe, expect, test } from 'vitest';

import { capacity, hoursOf, readSchedule, windowsInWords, windowsOf } from './model';

const box = { daily_limit: 40, effective_limit_today: 22, min_gap_seconds: 600, gap_jitter_seconds: 300 };
const office = Object.fromEntries(
  ['mon', 'tue', 'wed', 'thu', 'fri'].map((day) => [day, [['09:00', '17:00']]]),
);

describe('sending hours', () => {
  test('hours and windows are the same thing told twice', () => {
    const windows = [
      ['08:00', '12:00'],
      ['13:00', '24:00'],
    ];
    expect(windowsOf(hoursOf(windows))).toEqual(windows);
  });
  test('half an hour counts as an open hour, and nothing as none', () => {
    expect(hoursOf([['09:30', '10:00']])[9]).toBe(true);
    expect(windowsOf(hoursOf(undefined))).toEqual([]);
  });
  test('neighbouring days with the same hours are told together', () => {
    expect(windowsInWords(office)).toBe('Mon–Fri 09:00–17:00');
    expect(windowsInWords({ mon: [['09:00', '12:00']], wed: [['09:00', '12:00']] })).toBe(
      'Mon 09:00–12:00; Wed 09:00–12:00',
    );
    expect(windowsInWords({})).toBe('at no hour');
  });
  test('a schedule with strange parts reads as far as it goes', () => {
    expect(readSchedule({ windows: { mon: [['09:00', '17:00'], 'x', [1, 2]] }, timezone: 7 })).toEqual({
      timezone: 'UTC',
      windows: { mon: [['09:00', '17:00']] },
    });
  });
});

describe('capacity', () => {
  test('the smallest limit is the one that is named', () => {
    expect(capacity(office, [box, box], null)).toEqual({ perDay: 76, days: 5, limit: 'window' });
    expect(capacity(office, [{ ...box, daily_limit: 10 }], null)).toEqual({
      perDay: 10,
      days: 5,
      limit: 'mailboxes',
    });
    expect(capacity(office, [box, box], 50)).toEqual({ perDay: 50, days: 5, limit: 'cap' });
  });
  test('a relay without a gap is bound by its daily limit alone', () => {
    const relay = { ...box, daily_limit: 5000, min_gap_seconds: 0, gap_jitter_seconds: 0 };
    expect(capacity(office, [relay], null).perDay).toBe(5000);
  });
  test('no mailbox or no hour is nothing', () => {
    expect(capacity(office, [], null).limit).toBe('nothing');
    expect(capacity({}, [box], null).limit).toBe('nothing');
  });
});
