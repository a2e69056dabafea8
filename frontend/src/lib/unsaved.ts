/** What was typed and not saved yet, anywhere on the page, and the question before it is lost. */

/** The forms of one surface (a dialog, the page) that hold unsaved words; each by a key of its own. */
export type Unsaved = Set<object>;

/** All of them. */
export const everywhere: Unsaved = new Set();

type Answer = (leave: boolean) => void;
let waiting: Answer | null = null;
const listeners = new Set<() => void>();

function tell(next: Answer | null): void {
  waiting = next;
  for (const listener of listeners) listener();
}

export function subscribeQuestion(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Whether somebody is being asked right now. */
export const isAsking = (): boolean => waiting !== null;

export function answer(leave: boolean): void {
  const asked = waiting;
  tell(null);
  asked?.(leave);
}

/**
 * Runs `go` at once where nothing would be lost of `of`, else when the user says so; `stay` when they do not.
 * Whoever already thinks about the question is not asked a second one: what came later is dropped.
 */
export function beforeLeaving(go: () => void, of: Unsaved = everywhere, stay?: () => void): void {
  if (of.size === 0) go();
  else if (!waiting) tell((leave) => (leave ? go() : stay?.()));
}
