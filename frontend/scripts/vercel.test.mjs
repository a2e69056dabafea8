// @vitest-environment node
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const app = 'src/app';

/** Folders of the app that hold an `[id]`, as addresses; groups in brackets are no part of them. */
function dynamicRoutes(folder = app, address = '') {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => {
      if (name.startsWith('[')) return [address];
      return dynamicRoutes(`${folder}/${name}`, name.startsWith('(') ? address : `${address}/${name}`);
    });
}

test('every page with an id has its placeholder shell and its three rewrites', () => {
  const routes = dynamicRoutes();
  expect(routes.length).toBeGreaterThan(0);
  const { rewrites } = JSON.parse(readFileSync('vercel.json', 'utf8'));
  for (const route of routes) {
    const sources = rewrites.map((rule) => rule.source).filter((source) => source.startsWith(`${route}/`));
    expect(sources).toEqual([`${route}/:id.txt`, `${route}/:id`, `${route}/:id/:rest+`]);
    expect(existsSync(`${app}/(app)${route}/[id]/layout.tsx`)).toBe(true);
  }
});

test('the lock names no address to download from', () => {
  expect(readFileSync('package-lock.json', 'utf8')).not.toContain('"resolved"');
});
