'use client';
import { useCallback, useEffect, useRef, useState } from 'react';

/** Long enough to hold a word together, short enough that the list follows the hand. */
const PAUSE_MS = 250;

interface TypedText {
  text: string;
  /** A key was pressed: shown at once, told outward after a pause. */
  type: (text: string) => void;
  /** Shown and told outward at once. */
  tell: (text: string) => void;
  onFocus: () => void;
  onBlur: () => void;
}

/**
 * Text that belongs to its field and is told outward behind the typing.
 *
 * What comes back from outside while one types is either the echo of something told, older than what is typed by now
 * and so ignored, or a change made elsewhere (the back button, a link, a reset), which is taken over. What is typed is
 * told at the latest when the field is left or goes away.
 */
export function useTypedText(value: string, onTell: (value: string) => void): TypedText {
  const [text, setText] = useState(value);
  const [known, setKnown] = useState(value);
  const [focused, setFocused] = useState(false);
  // Told outward and not come back yet, in the order of telling.
  const [told, setTold] = useState<readonly string[]>([]);
  const [taken, setTaken] = useState(0);
  if (value !== known) {
    setKnown(value);
    const echo = told.indexOf(value);
    setTold(told.slice(echo + 1));
    if (echo < 0 || !focused) {
      setText(value);
      setTaken(taken + 1);
    }
  }
  const waiting = useRef<{ timer: ReturnType<typeof setTimeout>; text: string; since: number } | null>(null);
  const outward = useRef({ onTell, last: value });
  useEffect(() => {
    outward.current = { onTell, last: told.at(-1) ?? known };
  });
  const forget = useCallback(() => {
    if (waiting.current) clearTimeout(waiting.current.timer);
    waiting.current = null;
  }, []);
  const send = useCallback(
    (next: string) => {
      forget();
      if (next === outward.current.last) return;
      outward.current.last = next;
      setTold((before) => [...before, next]);
      outward.current.onTell(next);
    },
    [forget],
  );
  // A change from elsewhere is newer than what was typed before it.
  useEffect(() => {
    if (waiting.current && waiting.current.since < taken) forget();
  }, [taken, forget]);
  useEffect(() => {
    return () => {
      if (waiting.current) send(waiting.current.text);
    };
  }, [send]);
  return {
    text,
    type: (next) => {
      setText(next);
      forget();
      waiting.current = { text: next, since: taken, timer: setTimeout(() => send(next), PAUSE_MS) };
    },
    tell: (next) => {
      setText(next);
      send(next);
    },
    onFocus: () => setFocused(true),
    onBlur: () => {
      setFocused(false);
      if (waiting.current) send(waiting.current.text);
    },
  };
}
