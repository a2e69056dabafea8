// @vitest-environment node
import { describe, expect, test } from 'vitest';

import { capacity, daysOfFirstMails, readSchedule } from './model';

const box = { daily_limit: 40, effective_limit_today: 22, min_gap_seconds: 600, gap_jitter_seconds: 300 };
const office = Object.fromEntries(
  ['mon', 'tue', 'wed', 'thu', 'fri'].map((day) => [day, [['09:00', '17:00']]]),
);

test('a schedule with strange parts reads as far as it goes', () => {
  expect(readSchedule({ windows: { mon: [['09:00', '17:00'], 'x', [1, 2]] }, timezone: 7 })).toEqual({
    timezone: 'UTC',
    windows: { mon: [['09:00', '17:00']] },
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
  test('first mails go no faster than the cap on new people lets them', () => {
    expect(daysOfFirstMails(150, 300, null)).toBe(1);
    expect(daysOfFirstMails(150, 300, 15)).toBe(10);
    expect(daysOfFirstMails(150, 10, 15)).toBe(15);
    expect(daysOfFirstMails(0, 10, 15)).toBe(0);
  });
});
