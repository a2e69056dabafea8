import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, openSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const REACHLY = join(import.meta.dirname, '..', '..', '.venv', 'bin', 'reachly');
const READY_MS = 180_000;
const END_MS = 10_000;

/** Starts the whole product in a throw-away folder with the demo organization (without its past); ends it. */
export default async function startStack(): Promise<() => Promise<void>> {
  if (!existsSync(join(import.meta.dirname, '..', 'out', 'index.html')))
    throw new Error('The front end is not built: run `npm run build` first.');
  const folder = mkdtempSync(join(tmpdir(), 'reachly-e2e-'));
  chmodSync(folder, 0o711); // PostgreSQL may run as another account and must pass through
  const dataDir = join(folder, 'var');
  const url = `http://127.0.0.1:${await findPort()}`;
  const log = join(folder, 'up.log');
  const output = openSync(log, 'a');
  const { DATABASE_URL: _database, REDIS_URL: _redis, ...environment } = process.env;
  const up = spawn(REACHLY, ['up', '--no-past'], {
    env: {
      ...environment,
      REACHLY_DATA_DIR: dataDir,
      PORT: new URL(url).port,
      REACHLY_INBOX__POLL_SECONDS: '2',
    },
    stdio: ['ignore', output, output],
  });
  try {
    await waitUntilReady(url, up);
  } catch (error) {
    await end(up);
    throw new Error(`${String(error)}\n${readFileSync(log, 'utf8')}`);
  }
  process.env.REACHLY_E2E_URL = url;
  process.env.REACHLY_E2E_DATA = dataDir;
  return async () => {
    const seconds = await end(up);
    const words = readFileSync(log, 'utf8');
    if (seconds === null) throw new Error(`reachly up did not end within ${END_MS / 1000} s\n${words}`);
    if (up.exitCode !== 0) throw new Error(`reachly up ended with ${up.exitCode ?? up.signalCode}\n${words}`);
    rmSync(folder, { recursive: true, force: true });
  };
}

async function waitUntilReady(url: string, up: ChildProcess): Promise<void> {
  const deadline = Date.now() + READY_MS;
  while (Date.now() < deadline) {
    if (up.exitCode !== null) throw new Error('reachly up ended before it was ready.');
    const answer = await fetch(`${url}/ready`).catch(() => null);
    if (answer?.ok) return;
    await sleep(200);
  }
  throw new Error(`reachly up was not ready within ${READY_MS / 1000} s.`);
}

/** Ctrl-C as a service manager sends it; seconds it took, or null when it had to be killed. */
async function end(up: ChildProcess): Promise<number | null> {
  if (up.exitCode !== null) return 0;
  const began = Date.now();
  const gone = once(up, 'exit');
  up.kill('SIGTERM');
  const late = sleep(END_MS, 'late', { ref: false });
  if ((await Promise.race([gone, late])) !== 'late') return (Date.now() - began) / 1000;
  up.kill('SIGKILL');
  await gone;
  return null;
}

async function findPort(): Promise<number> {
  const named = Number(process.env.REACHLY_E2E_PORT ?? 0);
  const probe = createServer().listen(named, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('No port is free.');
  return address.port;
}
