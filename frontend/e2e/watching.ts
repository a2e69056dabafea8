import type { Page } from '@playwright/test';

const EXPECTED = [
  // Who is not signed in yet asks once whether a session is left, and is told no.
  /^Failed to load resource: .* 401 .*\/api\/auth\/refresh\)$/,
  // The sandbox of the preview holds against the script that records the trace.
  /^Blocked script execution in 'about:srcdoc'/,
];

/** Collects what the browser complains about: errors on the console (a broken content policy is one), thrown ones. */
export function watchConsole(page: Page): () => string[] {
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`${message.text()} (${message.location().url})`);
  });
  page.on('pageerror', (error) => complaints.push(error.stack ?? error.message));
  return () => complaints.filter((line) => !EXPECTED.some((one) => one.test(line)));
}
