'use client';
import { useEffect, useSyncExternalStore } from 'react';

import { answer, beforeLeaving, everywhere, isAsking, subscribeQuestion } from '@/lib/unsaved';

import { Confirm } from './dialog';

/** The link that this click follows in this tab to another address; null for all else. */
function followed(event: MouseEvent): HTMLAnchorElement | null {
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return null;
  const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>('a[href]') : null;
  if (!link || link.hasAttribute('download') || (link.target && link.target !== '_self')) return null;
  const to = new URL(link.href, window.location.href);
  const here = window.location;
  return to.origin === here.origin && to.pathname + to.search === here.pathname + here.search ? null : link;
}

/** Stops what would leave the page while something is unsaved; asks; and does it when the user says so. */
function watchLeaving(): () => void {
  let passing = false;
  /** Where the page is, by what was last done on it: "Back" has changed the address before it can be asked. */
  let here = { state: window.history.state as unknown, href: window.location.href };
  const note = () => {
    if (!isAsking()) here = { state: window.history.state as unknown, href: window.location.href };
  };
  function pass(go: () => void): void {
    passing = true;
    go();
  }
  function onClick(event: MouseEvent): void {
    const link = everywhere.size > 0 && !passing ? followed(event) : null;
    if (!link) return;
    event.preventDefault();
    event.stopPropagation();
    beforeLeaving(() => {
      pass(() => link.click());
      passing = false;
    });
  }
  function onBack(event: PopStateEvent): void {
    if (passing || everywhere.size === 0) {
      passing = false;
      return;
    }
    event.stopImmediatePropagation();
    window.history.pushState(here.state, '', here.href);
    beforeLeaving(() => pass(() => window.history.back()));
  }
  function onUnload(event: BeforeUnloadEvent): void {
    if (everywhere.size > 0) event.preventDefault();
  }
  window.addEventListener('click', onClick, true);
  window.addEventListener('popstate', onBack, true);
  window.addEventListener('beforeunload', onUnload);
  for (const kind of ['keydown', 'pointermove', 'pointerdown']) window.addEventListener(kind, note, true);
  return () => {
    window.removeEventListener('click', onClick, true);
    window.removeEventListener('popstate', onBack, true);
    window.removeEventListener('beforeunload', onUnload);
    for (const kind of ['keydown', 'pointermove', 'pointerdown'])
      window.removeEventListener(kind, note, true);
  };
}

/** Once in the app: the watch over links, Back and reload, and the question itself. */
export function UnsavedGuard() {
  const asking = useSyncExternalStore(subscribeQuestion, isAsking, () => false);
  useEffect(watchLeaving, []);
  return (
    <Confirm
      open={asking}
      onOpenChange={(open) => !open && answer(false)}
      title="Leave without saving?"
      description="What you changed here is not saved yet."
      cancel="Stay"
      action="Leave without saving"
      danger
      onConfirm={() => answer(true)}
    />
  );
}
