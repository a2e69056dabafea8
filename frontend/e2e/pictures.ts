/**
 * The README's pictures, taken from a running `reachly up` with the demo organization:
 * `REACHLY_DATA_DIR=… npm run pictures` (without it, the folder `var` of the checkout).
 */
import { expect, test, type Page } from '@playwright/test';
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { readDemo, type Demo } from './sign-in';

const ROOT = join(import.meta.dirname, '..', '..');
const IMAGES = join(ROOT, 'docs', 'images');
const MAX_BYTES = 300_000;
const STORY = 'Spring outreach';

test('pictures of a running Reachly', async ({ page }) => {
  const demo = readDemo(process.env.REACHLY_DATA_DIR ?? join(ROOT, 'var'));
  mkdirSync(IMAGES, { recursive: true });
  await signIn(page, demo);
  await take(page, 'today');
  await page.goto(`${demo.url}/campaigns`);
  await page.getByRole('link', { name: STORY }).first().click();
  await page.waitForURL(/\/campaigns\/[0-9a-f-]{36}/);
  const campaign = page.url();
  await take(page, 'campaign');
  await page.goto(`${campaign}/edit`);
  await expect(page.frameLocator('iframe[title="Message preview"]').getByText(/^(Hi|Hello)/)).toBeVisible();
  await take(page, 'editor');
  await page.goto(`${demo.url}/leads`);
  await take(page, 'leads');
  await page.goto(`${demo.url}/analytics`);
  await take(page, 'analytics');
});

async function signIn(page: Page, demo: Demo): Promise<void> {
  await page.goto(`${demo.url}/sign-in`);
  await page.getByLabel('E-mail').fill(demo.email);
  await page.getByLabel('Password', { exact: true }).fill(demo.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('navigation').first().waitFor();
}

/** When what is loaded late (charts, lists) is there too. */
async function take(page: Page, name: string): Promise<void> {
  await page.locator('h1').waitFor();
  await page.waitForLoadState('networkidle', { timeout: 5_000 }).catch(() => undefined);
  await page.waitForTimeout(2_500);
  const path = join(IMAGES, `${name}.png`);
  await page.screenshot({ path, animations: 'disabled', caret: 'hide' });
  const { size } = statSync(path);
  expect(size, `${name}.png is too big for a README`).toBeLessThan(MAX_BYTES);
}
