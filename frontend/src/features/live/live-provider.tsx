'use client';
import { useQueryClient } from '@tanstack/react-query';
import { createContext, useContext, useEffect, useRef, useState, type ReactNode } from 'react';

import { toast } from '@/components/ui/toast';
import { connectLive, RESYNC, staleKeys, type LivePayload, type LiveStatus } from '@/lib/live';
import { invalidate } from '@/lib/query';

const Status = createContext<LiveStatus>('connecting');

export function useLiveStatus(): LiveStatus {
  return useContext(Status);
}

const GATHER_MS = 600;

/**
 * One socket for the whole app. Events make keys old, gathered for a moment so that a burst asks for
 * each thing once; a few are said aloud as well.
 */
export function LiveProvider({ lastSeq, children }: { lastSeq: number | null; children: ReactNode }) {
  const cache = useQueryClient();
  const [status, setStatus] = useState<LiveStatus>('connecting');
  const start = useRef(lastSeq);
  useEffect(() => {
    let waiting: { event: string; payload: LivePayload }[] = [];
    let timer: ReturnType<typeof setTimeout> | null = null;
    let wasOffline = false;
    function flush(): void {
      const gathered = waiting;
      waiting = [];
      timer = null;
      if (gathered.some(({ event }) => event === RESYNC)) void cache.invalidateQueries();
      else void invalidate(cache, ...staleKeys(gathered));
    }
    const disconnect = connectLive({
      lastSeq: start.current,
      onEvent: (event, payload) => {
        announce(event, payload);
        waiting.push({ event, payload });
        timer ??= setTimeout(flush, GATHER_MS);
      },
      onStatus: (next) => {
        // Volatile events (an import's progress) are not replayed: ask again for what is on the page.
        if (next === 'live' && wasOffline) void cache.invalidateQueries();
        wasOffline = next === 'offline';
        setStatus(next);
      },
    });
    return () => {
      if (timer) clearTimeout(timer);
      disconnect();
    };
  }, [cache]);
  return <Status value={status}>{children}</Status>;
}

function announce(event: string, payload: LivePayload): void {
  const who = payload.lead_email ?? 'Somebody';
  if (event === 'email:replied')
    toast.success(`${who} replied`, { description: payload.campaign_name ?? '' });
  if (event === 'campaign:completed')
    toast.success('Campaign completed', { description: payload.campaign_name ?? '' });
  if (event === 'quota:warning')
    toast.warning('A quota is nearly used up', { description: 'See Settings, Usage.' });
  if (event === 'deliverability:alert')
    toast.warning('Delivery got worse', { description: 'See Mailboxes for which one and why.' });
}
