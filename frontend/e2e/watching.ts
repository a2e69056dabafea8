import type { Page } from '@playwright/test';

/** Collects what the browser complains about: errors on the console, thrown ones, broken content policy. */
export async function watchConsole(page: Page): Promise<() => string[]> {
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`${message.text()} (${message.location().url})`);
  });
  page.on('pageerror', (error) => complaints.push(error.stack ?? error.message));
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      console.error(`content policy: ${event.violatedDirective} forbids ${event.blockedURI}`);
    });
  });
  return () => [...complaints];
}
