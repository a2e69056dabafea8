// @vitest-environment node
import { describe, expect, test } from 'vitest';

import {
  ago,
  countdown,
  day,
  delay,
  browserZone,
  hourIn,
  ownZone,
  pointsAgainst,
  rate,
  rateOf,
  showTimesIn,
  when,
} from './format';

describe('rates', () => {
  test('a rate under the sample floor says too few instead of a number', () => {
    expect(rate(3, 19)).toBe('too few');
    expect(rate(3, 20)).toBe('15 %');
  });
  test('small rates keep a decimal and never read as zero', () => {
    expect(rate(41, 1204)).toBe('3.4 %');
    expect(rate(1, 5000)).toBe('< 0.1 %');
    expect(rate(0, 5000)).toBe('0.0 %');
  });
  test('the denominator is told also where the rate is not', () => {
    expect(rateOf(41, 1204, 'delivered')).toBe('3.4 % of 1,204 delivered');
    expect(rateOf(1, 4, 'delivered')).toBe('of 4 delivered');
  });
  test('a comparison needs both sides to be large enough', () => {
    expect(pointsAgainst({ part: 40, of: 1000 }, { part: 34, of: 1000 })).toBe('+0.6 points');
    expect(pointsAgainst({ part: 34, of: 1000 }, { part: 40, of: 1000 })).toBe('−0.6 points');
    expect(pointsAgainst({ part: 40, of: 1000 }, { part: 1, of: 3 })).toBe('');
  });
});

describe('times', () => {
  test('the hour of the day is that of the zone asked for', () => {
    expect(hourIn('2026-03-11T23:30:00Z', 'Europe/Oslo')).toBe(0);
    expect(hourIn('2026-03-11T23:30:00Z', 'Asia/Kolkata')).toBe(5);
  });
  const now = new Date('2026-03-11T12:00:00Z'); // a Wednesday
  test('today is told by the clock, this week by the weekday, else by the date', () => {
    expect(when('2026-03-11T09:05:00Z', now, 'UTC')).toBe('09:05');
    expect(when('2026-03-13T09:05:00Z', now, 'UTC')).toBe('Fri 09:05');
    expect(when('2026-01-02T09:05:00Z', now, 'UTC')).toBe('2 Jan 09:05');
    expect(when('2025-01-02T09:05:00Z', now, 'UTC')).toBe('2 Jan 2025 09:05');
  });
  test('the zone decides which day it is', () => {
    expect(when('2026-03-11T23:30:00Z', now, 'Europe/Berlin')).toBe('Thu 00:30');
  });
  test('a bare date is that day in every zone', () => {
    expect(day('2026-03-01', 'America/Los_Angeles')).toBe('1 Mar');
  });
  test('nothing and nonsense are a dash, never an exception', () => {
    expect(when(null, now)).toBe('–');
    expect(when('not a time', now)).toBe('–');
  });
  test('a zone this browser does not know reads as UTC', () => {
    expect(when('2026-03-11T09:05:00Z', now, 'Mars/Olympus')).toBe('09:05');
  });
  test('a countdown never runs below zero', () => {
    expect(countdown(42)).toBe('0:42');
    expect(countdown(-5)).toBe('0:00');
    expect(countdown(3900)).toBe('1 h 5 min');
    expect(countdown(90_000)).toBe('1 d 1 h');
  });
  test('delays and ages in words', () => {
    expect(delay(3)).toBe('3 days');
    expect(delay(1, 4)).toBe('1 day 4 hours');
    expect(delay(0)).toBe('at once');
    expect(ago('2026-03-11T11:56:00Z', now)).toBe('4 min ago');
  });
});

test('times are shown by the clock of the profile, and by that of the browser where it names none', () => {
  const at = '2027-03-12T09:00:00Z';
  showTimesIn('Asia/Kolkata');
  expect(when(at, new Date(at))).toBe('14:30');
  showTimesIn(null);
  expect(ownZone()).toBe(browserZone());
});
