import '@testing-library/jest-dom/vitest';
import { cleanup, configure } from '@testing-library/react';
import { afterEach } from 'vitest';

// Waits are for events, not for the clock: a busy machine is slow, and only what hangs should end here.
configure({ asyncUtilTimeout: 50_000 });

afterEach(cleanup);

// Parts of Radix and cmdk ask for these; jsdom has no layout to answer from.
class NoResizeObserver implements ResizeObserver {
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
}
globalThis.ResizeObserver ??= NoResizeObserver;
if (typeof Element !== 'undefined') {
  Element.prototype.scrollIntoView ??= () => undefined;
  Element.prototype.hasPointerCapture ??= () => false;
}
