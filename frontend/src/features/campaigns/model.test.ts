// @vitest-environment node
import { describe, expect, test } from 'vitest';

import { capacity, daysOfFirstMails, peopleHref, progressSegments, readSchedule, STATES } from './model';

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

const nobody = {
  total: 0,
  not_yet: 0,
  between_steps: 0,
  blocked: 0,
  blocked_by: {},
  held: 0,
  replied: 0,
  bounced: 0,
  unsubscribed: 0,
  completed: 0,
  stopped: 0,
  failed: 0,
};

describe('progress', () => {
  test('after 6 of 52 the bar is mostly empty: not yet, blocked, between steps and held are apart', () => {
    const segments = progressSegments({
      ...nobody,
      total: 52,
      not_yet: 40,
      between_steps: 6,
      blocked: 4,
      held: 2,
    });
    expect(segments.reduce((all, one) => all + one.value, 0)).toBe(52);
    const looks = new Map(segments.map((one) => [one.state, `${one.tone} ${one.faint ?? false}`]));
    const four = ['not_yet', 'between_steps', 'blocked', 'held'] as const;
    expect(new Set(four.map((state) => looks.get(state))).size).toBe(4);
    expect(segments.filter((one) => one.tone === 'sending').map((one) => one.value)).toEqual([6]);
  });
  test('every state has one word, one part of the bar and a list of its own', () => {
    const states = progressSegments(nobody).map((one) => one.state);
    expect(states.toSorted()).toEqual(STATES.map((one) => one.value).toSorted());
    expect(peopleHref('c', { state: 'blocked', reason: 'missing_field' })).toBe(
      '/campaigns/c?tab=people&state=blocked&reason=missing_field',
    );
  });
});
