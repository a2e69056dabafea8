import { defineConfig } from '@playwright/test';

import story from './playwright.config';

/** `npm run pictures`: no test, but the README's pictures, taken from a product that runs already. */
const { globalSetup: _stack, projects: _projects, ...common } = story;

export default defineConfig({
  ...common,
  testMatch: 'pictures.ts',
  use: {
    ...common.use,
    trace: 'off',
    timezoneId: 'Europe/Oslo',
    contextOptions: { reducedMotion: 'reduce' },
  },
});
