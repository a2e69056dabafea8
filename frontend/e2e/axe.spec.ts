/** Every page, light and dark, wide and on a phone: nothing serious or critical by the rules of WCAG A and AA. */
import type { AxeResults, RunOptions } from 'axe-core';
import type { Page } from '@playwright/test';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import { expect, test, visit } from './visit';

const require = createRequire(import.meta.url);
const AXE = readFileSync(
  createRequire(require.resolve('@axe-core/playwright')).resolve('axe-core/axe.min.js'),
  'utf8',
);

const WIDE = { width: 1440, height: 900 };
const PHONE = { width: 390, height: 844 };
const RULES = { 'label-content-name-mismatch': { enabled: true } };
/** A change of theme changes colours only: of the rules, those that look at them are asked again. */
const COLOURS = ['color-contrast', 'link-in-text-block'];

const LOOKS: { name: string; scheme: 'light' | 'dark'; size: typeof WIDE; options: RunOptions }[] = [
  { name: 'light', scheme: 'light', size: WIDE, options: { rules: RULES } },
  { name: 'dark', scheme: 'dark', size: WIDE, options: { runOnly: COLOURS } },
  { name: 'dark, phone', scheme: 'dark', size: PHONE, options: { runOnly: COLOURS } },
  { name: 'light, phone', scheme: 'light', size: PHONE, options: { rules: RULES } },
];

/** Loads axe into the page once and asks it for every look: a page is dear to load, a look is not. */
async function expectAccessible(page: Page, where: string): Promise<void> {
  await expect(page.getByRole('main').getByRole('status', { name: 'Loading' })).toHaveCount(0);
  await page.evaluate(AXE);
  for (const { name, scheme, size, options } of LOOKS) {
    await page.setViewportSize(size);
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    const violations = await page.evaluate(
      async (asked) => {
        // Two frames: what follows the size or the theme has been drawn.
        await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
        const { axe } = window as unknown as { axe: { run: (options: RunOptions) => Promise<AxeResults> } };
        return (await axe.run(asked)).violations;
      },
      { ...options, resultTypes: ['violations'], iframes: false } satisfies RunOptions,
    );
    const grave = violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(
        ({ id, nodes }) =>
          `${where}, ${name}: ${id} at ${nodes.map(({ target }) => target.join(' ')).join(', ')}`,
      );
    expect.soft(grave).toEqual([]);
  }
  await page.setViewportSize(WIDE);
  await page.emulateMedia({ colorScheme: 'light' });
}

for (const address of [
  '/dashboard',
  '/campaigns',
  '/leads',
  '/leads/import',
  '/mailboxes',
  '/analytics',
  '/settings?part=suppressions',
  '/settings?part=work',
])
  test(`nothing grave at ${address}`, async ({ page }) => {
    await visit(page, address);
    await expectAccessible(page, address);
  });

test('nothing grave at a campaign and its people', async ({ page }) => {
  await visit(page, '/campaigns');
  await page.getByRole('table', { name: 'Campaigns' }).getByRole('link').first().click();
  await expect(page.getByRole('tablist')).toBeVisible();
  await expectAccessible(page, 'a campaign');
  await page.getByRole('tab', { name: /^People/ }).click();
  await expect(
    page.getByRole('table', { name: 'People of this campaign' }).getByRole('link').first(),
  ).toBeVisible();
  await expectAccessible(page, 'its people');
});

test('nothing grave in the editor', async ({ page }) => {
  await visit(page, '/campaigns');
  await page.getByRole('table', { name: 'Campaigns' }).getByRole('link').first().click();
  await page.getByRole('link', { name: 'Edit' }).click();
  await expect(page).toHaveURL(/\/edit/);
  await expect(page.getByRole('tab', { name: /Check/ })).toBeVisible();
  await expectAccessible(page, 'the editor');
});

test('nothing grave at a person', async ({ page }) => {
  await visit(page, '/leads');
  await page.getByRole('table', { name: 'Leads' }).getByRole('link').first().click();
  await expect(page).toHaveURL(/\/leads\/[0-9a-f-]{36}/);
  await expectAccessible(page, 'a person');
});

test('nothing grave in a conversation', async ({ page }) => {
  await visit(page, '/inbox');
  await page
    .getByRole('region', { name: 'Threads' })
    .getByRole('listitem')
    .getByRole('button')
    .first()
    .click();
  await expect(page.getByRole('region', { name: 'Conversation' }).getByRole('list')).toBeVisible();
  await expectAccessible(page, 'a conversation');
});
