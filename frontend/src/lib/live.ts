import { io, type Socket } from 'socket.io-client';
import type { QueryKey } from '@tanstack/react-query';

import { API_ORIGIN, usableToken } from './auth';
import { keys } from './query';

/** What every event carries; the ids differ by event. */
export interface LivePayload {
  seq?: number;
  at?: string;
  organization_id?: string;
  campaign_id?: string | null;
  lead_id?: string | null;
  lead_email?: string | null;
  campaign_name?: string | null;
  import_id?: string | null;
  /** A burst is told by its last few; how many more of its kind there were. */
  folded?: number;
  [more: string]: unknown;
}

export type LiveListener = (event: string, payload: LivePayload) => void;
export type LiveStatus = 'connecting' | 'live' | 'offline';

type Stale = (payload: LivePayload) => QueryKey[];

const figures: Stale = (p) => [
  keys.pulse,
  keys.analytics,
  ...(p.campaign_id ? [keys.campaign(p.campaign_id)] : []),
  [...keys.campaigns, 'list'],
  ...(p.lead_id ? [keys.lead(p.lead_id)] : []),
];
const answers: Stale = (p) => [...figures(p), keys.inbox];
const campaignState: Stale = (p) => [
  keys.pulse,
  [...keys.campaigns, 'list'],
  ...(p.campaign_id ? [keys.campaign(p.campaign_id)] : []),
  keys.analytics,
];
const people: Stale = () => [keys.leads, keys.imports, keys.usage, keys.notifications];

/** The one table: an event -> the keys it makes old. */
export const STALE_BY_EVENT: Readonly<Record<string, Stale>> = {
  'campaign:started': campaignState,
  'campaign:paused': campaignState,
  'campaign:completed': (p) => [...campaignState(p), keys.notifications],
  'email:sent': (p) => [...figures(p), keys.mailboxes],
  'email:failed': (p) => [...figures(p), keys.mailboxes],
  'email:opened': figures,
  'email:clicked': figures,
  'email:replied': answers,
  'email:auto_replied': answers,
  'email:bounced': answers,
  'email:unsubscribed': (p) => [...answers(p), keys.suppressions],
  'import:progress': () => [keys.imports],
  'leads:imported': people,
  'leads:verified': people,
  'mailbox:changed': () => [keys.mailboxes, keys.pulse, keys.notifications],
  'quota:warning': () => [keys.usage, keys.notifications, keys.pulse],
  'deliverability:alert': () => [keys.notifications, keys.mailboxes],
  'job:failed': () => [keys.jobs, keys.notifications],
};

/** Said when too much was missed to replay: read everything anew. */
export const RESYNC = 'resync';

/** Keys waiting to be invalidated, each once, however many events named it. */
export function staleKeys(events: readonly { event: string; payload: LivePayload }[]): QueryKey[] {
  const found = new Map<string, QueryKey>();
  for (const { event, payload } of events)
    for (const key of STALE_BY_EVENT[event]?.(payload) ?? []) found.set(JSON.stringify(key), key);
  return [...found.values()];
}

interface LiveOptions {
  /** Where to begin: the number after which everything is wanted. */
  lastSeq: number | null;
  onEvent: LiveListener;
  onStatus: (status: LiveStatus) => void;
}

/**
 * Connects to /api/live. After a break the server replays what came after `last_seq`, so nothing is
 * missed; an event with a number already seen is dropped, so nothing counts twice.
 */
export function connectLive({ lastSeq, onEvent, onStatus }: LiveOptions): () => void {
  let last = lastSeq;
  const url = process.env.NEXT_PUBLIC_WS_URL || API_ORIGIN || undefined;
  const socket: Socket = io(url, {
    path: '/api/live',
    transports: ['websocket'],
    reconnectionDelayMax: 15_000,
    auth: (give) => {
      usableToken().then(
        (token) => give({ token, last_seq: last }),
        () => give({ token: null, last_seq: last }),
      );
    },
  });
  onStatus('connecting');
  socket.on('connect', () => onStatus('live'));
  socket.on('disconnect', (reason) => {
    onStatus('offline');
    // The server closed it (a revoked session, a restart): the library would not come back by itself.
    if (reason === 'io server disconnect') setTimeout(() => socket.connect(), 2000);
  });
  socket.on('connect_error', () => {
    onStatus('offline');
    if (!socket.active) setTimeout(() => socket.connect(), 5000);
  });
  socket.onAny((event: string, payload: LivePayload = {}) => {
    if (typeof payload.seq === 'number') {
      if (last !== null && payload.seq <= last) return;
      last = payload.seq;
    }
    onEvent(event, payload);
  });
  return () => {
    socket.removeAllListeners();
    socket.disconnect();
  };
}
