'use client';
import { useEffect, useRef } from 'react';

export type Hotkeys = Record<string, (event: KeyboardEvent) => void>;

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return (
    target.isContentEditable ||
    target.tagName === 'INPUT' ||
    target.tagName === 'TEXTAREA' ||
    target.tagName === 'SELECT'
  );
}

function nameOf(event: KeyboardEvent): string {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  return event.metaKey || event.ctrlKey ? `mod+${key}` : key;
}

/**
 * Keys of a page: `k`, `mod+k`, or a sequence as `g c` (second key within a second).
 * Plain keys are silent while something is typed or a dialog is open.
 */
export function useHotkeys(hotkeys: Hotkeys, enabled = true): void {
  const table = useRef(hotkeys);
  useEffect(() => {
    table.current = hotkeys;
  });
  useEffect(() => {
    if (!enabled) return;
    let first = '';
    let since = 0;
    function onKey(event: KeyboardEvent): void {
      if (event.defaultPrevented || event.altKey) return;
      const name = nameOf(event);
      const modified = name.startsWith('mod+');
      if (!modified && (isTyping(event.target) || document.querySelector('[role="dialog"]'))) return;
      const pair = first && Date.now() - since < 1000 ? `${first} ${name}` : '';
      first = name;
      since = Date.now();
      const action = (pair && table.current[pair]) || table.current[name];
      if (!action) return;
      event.preventDefault();
      first = '';
      action(event);
    }
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [enabled]);
}
