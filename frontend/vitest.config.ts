import react from '@vitejs/plugin-react';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  test: {
    environment: 'jsdom',
    globals: false,
    include: ['src/**/*.test.{ts,tsx}', 'scripts/**/*.test.{ts,mjs}', 'lint/**/*.test.mjs'],
    setupFiles: ['./vitest.setup.ts'],
    env: { TZ: 'UTC' },
    maxWorkers: 2,
    // A busy machine is slow, not wrong: a test ends by its event, and this only ends one that hangs.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
