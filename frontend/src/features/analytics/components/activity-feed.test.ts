// @vitest-environment node
import { expect, test } from 'vitest';

import type { Activity } from '../api/page-activity';
import { foldRepeats } from './activity-feed';

const fact = (event: string, data: Record<string, unknown> = {}, more: Partial<Activity> = {}) =>
  ({ event, data, lead_id: null, campaign_id: null, ...more }) as Activity;

test('verifying in the background is told once with its number, what happened to people each time', () => {
  const person = { lead_id: 'a' };
  const entries = foldRepeats([
    fact('leads_verified', { verified: 3 }),
    fact('sent', { step: 1 }, person),
    fact('leads_verified', { verified: 2 }),
    fact('sent', { step: 2 }, person),
    fact('mailbox_changed'),
    fact('mailbox_changed'),
  ]);
  expect(entries.map(({ fact: { event }, times }) => [event, times])).toEqual([
    ['leads_verified', 5],
    ['sent', 1],
    ['sent', 1],
    ['mailbox_changed', 1],
    ['mailbox_changed', 1],
  ]);
});
