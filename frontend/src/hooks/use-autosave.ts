'use client';
import { useCallback, useEffect, useRef, useState } from 'react';

export type SaveState = 'saved' | 'waiting' | 'saving' | 'failed';

interface Options<T> {
  save: (value: T) => Promise<unknown>;
  delayMs?: number;
}

export interface Autosave<T> {
  state: SaveState;
  error: unknown;
  /** The newest value; saved once the typing rests. */
  put: (value: T) => void;
  /** Saves now what waits, for leaving or before an action that needs it. */
  flush: () => Promise<void>;
}

/**
 * Saves after a pause, one save at a time, always the newest value; also when the editor goes away.
 * A failed save keeps its value and is tried again with the next change or `flush`.
 */
export function useAutosave<T>({ save, delayMs = 700 }: Options<T>): Autosave<T> {
  const [state, setState] = useState<SaveState>('saved');
  const [error, setError] = useState<unknown>(null);
  const pending = useRef<{ value: T } | null>(null);
  const running = useRef<Promise<void> | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  const saver = useRef(save);
  useEffect(() => {
    saver.current = save;
  });

  const run = useCallback(async (): Promise<void> => {
    while (pending.current) {
      const { value } = pending.current;
      pending.current = null;
      setState('saving');
      try {
        await saver.current(value);
        setError(null);
        if (!pending.current) setState('saved');
      } catch (problem) {
        // Newer words, if any came meanwhile, stand; else these wait for the next try.
        pending.current ??= { value };
        setError(problem);
        setState('failed');
        return;
      }
    }
  }, []);

  const flush = useCallback(async (): Promise<void> => {
    if (timer.current) clearTimeout(timer.current);
    timer.current = null;
    if (running.current) await running.current;
    running.current = run().finally(() => {
      running.current = null;
    });
    await running.current;
  }, [run]);

  const put = useCallback(
    (value: T) => {
      pending.current = { value };
      setState((now) => (now === 'saving' ? now : 'waiting'));
      if (timer.current) clearTimeout(timer.current);
      timer.current = setTimeout(() => void flush(), delayMs);
    },
    [flush, delayMs],
  );

  useEffect(() => {
    function warn(event: BeforeUnloadEvent): void {
      if (!pending.current && !running.current) return;
      void flush();
      event.preventDefault();
    }
    window.addEventListener('beforeunload', warn);
    return () => {
      window.removeEventListener('beforeunload', warn);
      if (pending.current) void flush();
    };
  }, [flush]);

  return { state, error, put, flush };
}
