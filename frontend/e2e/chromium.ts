import { spawnSync } from 'node:child_process';

export const CHROMIUM_FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The Chromium of this machine; none is downloaded. */
export function chromiumPath(): string {
  const named = process.env.REACHLY_CHROMIUM;
  if (named) return named;
  const found = spawnSync('sh', ['-c', 'command -v chromium || command -v google-chrome'], {
    encoding: 'utf8',
  }).stdout.trim();
  if (!found)
    throw new Error('Chromium is missing: install the package chromium, or name one in REACHLY_CHROMIUM.');
  return found;
}
