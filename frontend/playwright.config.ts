import { defineConfig } from '@playwright/test';

import { chromiumPath, CHROMIUM_FLAGS } from './e2e/chromium';

/**
 * Against the real product, which `e2e/stack.ts` starts and ends; with REACHLY_E2E_URL and REACHLY_E2E_DATA, against one
 * that runs already. The story comes first: the others look at what it leaves behind.
 */
export default defineConfig({
  testDir: './e2e',
  outputDir: './test-results',
  ...(process.env.REACHLY_E2E_URL ? {} : { globalSetup: './e2e/stack.ts' }),
  projects: [
    { name: 'story', testMatch: 'story.spec.ts' },
    {
      name: 'pages',
      testIgnore: ['story.spec.ts'],
      ...(process.env.REACHLY_E2E_URL ? {} : { dependencies: ['story'] }),
    },
  ],
  workers: 1,
  retries: 0,
  forbidOnly: Boolean(process.env.CI),
  timeout: 600_000,
  // Generous on purpose: a busy machine is slow, not wrong.
  expect: { timeout: 60_000 },
  use: {
    viewport: { width: 1440, height: 900 },
    colorScheme: 'light',
    actionTimeout: 60_000,
    trace: { mode: 'retain-on-failure', screenshots: false },
    launchOptions: { executablePath: chromiumPath(), args: CHROMIUM_FLAGS },
  },
});
