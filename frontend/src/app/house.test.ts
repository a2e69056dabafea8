// @vitest-environment node
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';

const APP = import.meta.dirname;
const pages = readdirSync(join(APP, '(app)'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('page.tsx'))
  .map((file) => join('(app)', file));

test('there are pages to look at', () => expect(pages.length).toBeGreaterThan(8));

test.each(pages)('%s has an error page of its own, inside the shell', (page) => {
  expect(existsSync(join(APP, dirname(page), 'error.tsx'))).toBe(true);
});

test.each(['global-error.tsx', 'error.tsx', '(auth)/error.tsx'])(
  '%s catches what is above the pages',
  (file) => {
    expect(existsSync(join(APP, file))).toBe(true);
  },
);

/** Asked for by hand: an answer that could not be had must not look like one. The others are renewed by live events. */
const ASKED_BY_HAND = ['palette.tsx', 'check-part.tsx', 'preview-panel.tsx', 'plan-calendar.tsx'];

test('what is on the page stays when it cannot be read anew: only a first reading that fails takes its place', () => {
  const source = join(APP, '..');
  const found = readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.tsx') && !file.includes('.test.'))
    .filter((file) => !ASKED_BY_HAND.some((name) => file.endsWith(name)))
    .filter((file) => /\.isError\b/.test(readFileSync(join(source, file), 'utf8')));
  expect(found, 'use isLoadingError').toEqual([]);
});
