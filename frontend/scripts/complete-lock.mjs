// A lock made on one platform can lack the optional binaries of others, and `npm ci` then refuses
// it. This adds the missing entries (version and platform, no address, no integrity). Run it after
// every change of dependencies: `npm run complete-lock`.
import { readFileSync, writeFileSync } from 'node:fs';

const file = process.argv[2] ?? 'package-lock.json';
const lock = JSON.parse(readFileSync(file, 'utf8'));
const packages = lock.packages;

const SYSTEMS = ['darwin', 'win32', 'linux', 'android', 'freebsd', 'openharmony'];
const PROCESSORS = {
  arm64: 'arm64',
  x64: 'x64',
  ia32: 'ia32',
  arm: 'arm',
  'arm-gnueabihf': 'arm',
  'arm-musleabihf': 'arm',
  'arm-eabi': 'arm',
  loong64: 'loong64',
  ppc64: 'ppc64',
  riscv64: 'riscv64',
  s390x: 's390x',
};
const LONGEST_FIRST = Object.keys(PROCESSORS).sort((a, b) => b.length - a.length);

for (const [at, entry] of Object.entries(packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (packages[`${at}/node_modules/${name}`] || packages[`node_modules/${name}`]) continue;
    if (!/^\d+\.\d+\.\d+/.test(version)) throw new Error(`${name}@${version}: not an exact version`);
    const wasm = name.includes('wasm32');
    const system = SYSTEMS.find((s) => name.includes(`-${s}`));
    const processor = LONGEST_FIRST.find((p) => name.includes(`-${p}`));
    if (!wasm && (!system || !processor)) throw new Error(`${name}: cannot tell its platform`);
    packages[`node_modules/${name}`] = {
      version,
      cpu: [wasm ? 'wasm32' : PROCESSORS[processor]],
      ...(entry.dev ? { dev: true } : {}),
      optional: true,
      ...(wasm ? {} : { os: [system] }),
    };
  }
}

lock.packages = Object.fromEntries(Object.entries(packages).sort(([a], [b]) => a.localeCompare(b, 'en')));
writeFileSync(file, JSON.stringify(lock, null, 2) + '\n');
