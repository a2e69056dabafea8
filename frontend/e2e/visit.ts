import { expect, test as base, type Page } from '@playwright/test';

import { readDemo } from './sign-in';
import { watchConsole } from './watching';

interface Visit {
  /** A page of the running product, signed in; one for all tests of a file. */
  page: Page;
}

/** Tests that share one signed-in page; a fault that reaches the browser's console fails the test it happens in. */
export const test = base.extend<Visit & { quiet: void; faults: string[] }, { session: Page }>({
  session: [
    async ({ browser }, provide) => {
      const demo = readDemo(process.env.REACHLY_E2E_DATA ?? '');
      const context = await browser.newContext({ baseURL: demo.url, viewport: { width: 1440, height: 900 } });
      const answer = await context.request.post('/api/auth/login', {
        data: { email: demo.email, password: demo.password },
      });
      expect(answer.ok(), await answer.text()).toBe(true);
      await provide(await context.newPage());
      await context.close();
    },
    { scope: 'worker' },
  ],
  page: async ({ session }, provide) => {
    await provide(session);
    await session.unrouteAll({ behavior: 'ignoreErrors' });
  },
  /** What a test breaks on purpose may be told on the console. */
  faults: [[], { option: true }],
  quiet: [
    async ({ page, faults }, provide) => {
      const complaints = watchConsole(page);
      await provide();
      expect(complaints().filter((line) => !faults.some((one) => line.includes(one)))).toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };

/** Opens an address and waits until the page's own heading stands. */
export async function visit(page: Page, address: string, title?: string): Promise<void> {
  await page.goto(address);
  const heading = page.getByRole('heading', { level: 1 });
  await expect(title ? heading.filter({ hasText: title }) : heading).toBeVisible();
}
