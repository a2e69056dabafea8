// @vitest-environment node
/** No module imports itself by a detour. The lint rule that says the same reads every file anew for every file. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';

const SRC = join(import.meta.dirname, '..', 'src');

// Types are gone when the code runs: only what is imported for its value makes a cycle.
const IMPORT = /^(?:import|export)\s(?!type\s)(?:[^'";]*?\sfrom\s)?['"]([^'"]+)['"]/gm;
const LATE = /\bimport\(\s*['"]([^'"]+)['"]\s*\)/g;

function fileOf(path) {
  for (const file of [`${path}.ts`, `${path}.tsx`, join(path, 'index.ts')]) if (existsSync(file)) return file;
  return null;
}

/** The files of `src` that `file` takes values from. */
export function importsOf(file, text = readFileSync(file, 'utf8')) {
  const names = [...text.matchAll(IMPORT), ...text.matchAll(LATE)].map(([, name]) => name);
  return names
    .map((name) =>
      name.startsWith('@/')
        ? join(SRC, name.slice(2))
        : name.startsWith('.')
          ? join(dirname(file), name)
          : '',
    )
    .flatMap((path) => (path && fileOf(path)) || []);
}

/** A way from a module back to itself, or null. */
export function findCycle(graph) {
  const done = new Set();
  const way = [];
  function visit(file) {
    if (way.includes(file)) return [...way.slice(way.indexOf(file)), file];
    if (done.has(file)) return null;
    way.push(file);
    for (const next of graph.get(file) ?? []) {
      const cycle = visit(next);
      if (cycle) return cycle;
    }
    way.pop();
    done.add(file);
    return null;
  }
  for (const file of graph.keys()) {
    const cycle = visit(file);
    if (cycle) return cycle;
  }
  return null;
}

test('no module imports itself by a detour', () => {
  const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file))
    .map((file) => join(SRC, file));
  const graph = new Map(files.map((file) => [file, importsOf(file)]));
  expect([...graph.values()].flat().length).toBeGreaterThan(500);
  expect(findCycle(graph)?.map((file) => relative(SRC, file)) ?? null).toBeNull();
});

test('a cycle is found, and types alone make none', () => {
  expect(
    findCycle(
      new Map([
        ['a', ['b']],
        ['b', ['c']],
        ['c', ['b']],
      ]),
    ),
  ).toEqual(['b', 'c', 'b']);
  expect(
    findCycle(
      new Map([
        ['a', ['b', 'c']],
        ['b', ['c']],
        ['c', []],
      ]),
    ),
  ).toBeNull();
  const here = join(SRC, 'lib', 'query.ts');
  expect(
    importsOf(here, "import { a } from './problem';\nimport {\n  b,\n} from '@/lib/format';"),
  ).toHaveLength(2);
  expect(importsOf(here, "import type { A } from './problem';\nimport { useMemo } from 'react';")).toEqual(
    [],
  );
  expect(
    importsOf(here, "export { a } from './problem';\nconst late = () => import('./format');"),
  ).toHaveLength(2);
});
