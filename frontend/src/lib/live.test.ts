// @vitest-environment node
import { readFileSync } from 'node:fs';

import { describe, expect, test } from 'vitest';

import { STALE_BY_EVENT, staleKeys } from './live';
import { keys } from './query';

describe('live events', () => {
  test('a burst makes each key old once', () => {
    const burst = Array.from({ length: 50 }, (_, seq) => ({
      event: 'email:sent',
      payload: { seq, campaign_id: 'c1', lead_id: `l${seq % 2}` },
    }));
    const stale = staleKeys(burst).map((key) => JSON.stringify(key));
    expect(new Set(stale).size).toBe(stale.length);
    expect(stale).toContain(JSON.stringify(keys.campaign('c1')));
    expect(stale.filter((key) => key.includes('"leads","one"'))).toHaveLength(2);
  });
  test('a reply reaches the inbox, an opened message does not', () => {
    const touches = (event: string) =>
      staleKeys([{ event, payload: { campaign_id: 'c1' } }]).some((key) => key[0] === 'inbox');
    expect(touches('email:replied')).toBe(true);
    expect(touches('email:opened')).toBe(false);
  });
  test('an event nobody knows changes nothing', () => {
    expect(staleKeys([{ event: 'something:new', payload: {} }])).toEqual([]);
  });
  test('no event asks for the check or the plan again: both are dear', () => {
    for (const event of Object.keys(STALE_BY_EVENT))
      for (const key of staleKeys([{ event, payload: { campaign_id: 'c1' } }])) {
        const hits = (other: readonly unknown[]) => key.every((part, at) => part === other[at]);
        expect(hits(keys.check('c1'))).toBe(false);
        expect(hits(keys.plan('c1'))).toBe(false);
      }
  });
});

test('every event that the server tells the browser has a row in the table', () => {
  const pipeline = readFileSync(new URL('../../../backend/reachly/pipeline.py', import.meta.url), 'utf8');
  const live = /^LIVE:[^{]*\{([^}]*)\}/m.exec(pipeline)?.[1] ?? '';
  const told = [...live.matchAll(/"([a-z_]+:[a-z_]+)"/g)].map(([, name]) => name);
  expect(told).toContain('job:failed');
  expect(Object.keys(STALE_BY_EVENT).toSorted()).toEqual(told.toSorted());
});
