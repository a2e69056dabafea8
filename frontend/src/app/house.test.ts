// @vitest-environment node
import { existsSync, readdirSync } from 'node:fs';
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
