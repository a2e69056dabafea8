import { defineConfig } from '@playwright/test';

import { chromiumPath, CHROMIUM_FLAGS } from './e2e/chromium';

/** One story against the real product, which `e2e/stack.ts` starts and ends. */
export default defineConfig({
  testDir: './e2e',
  outputDir: './test-results',
  globalSetup: './e2e/stack.ts',
  workers: 1,
  retries: 0,
  forbidOnly: Boolean(process.env.CI),
  timeout: 360_000,
  expect: { timeout: 20_000 },
  use: {
    viewport: { width: 1440, height: 900 },
    colorScheme: 'light',
    actionTimeout: 20_000,
    trace: { mode: 'retain-on-failure', screenshots: false },
    launchOptions: { executablePath: chromiumPath(), args: CHROMIUM_FLAGS },
  },
});
