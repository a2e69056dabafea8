/** The main pages, light and dark: nothing serious or critical by the rules of WCAG A and AA. */
import AxeBuilder from '@axe-core/playwright';

import { expect, test, visit } from './visit';

const PAGES = [
  '/dashboard',
  '/campaigns',
  '/inbox',
  '/leads',
  '/leads/import',
  '/mailboxes',
  '/analytics',
  '/settings',
];

async function expectAccessible(page: Parameters<typeof visit>[0], where: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page })
    .options({ rules: { 'label-content-name-mismatch': { enabled: true } } })
    .analyze();
  const grave = violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${where}: ${id} at ${nodes.map((node) => node.target.join(' ')).join(', ')}`);
  expect.soft(grave).toEqual([]);
}

for (const colorScheme of ['light', 'dark'] as const)
  test(`nothing grave on the main pages, ${colorScheme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    for (const address of PAGES) {
      await visit(page, address);
      await expect(page.getByRole('main').getByRole('status', { name: 'Loading' })).toHaveCount(0);
      await expectAccessible(page, address);
    }
    await visit(page, '/campaigns');
    await page.getByRole('table', { name: 'Campaigns' }).getByRole('link').first().click();
    await expect(page.getByRole('tablist')).toBeVisible();
    await expectAccessible(page, 'a campaign');
    await page.getByRole('link', { name: 'Edit' }).click();
    await expect(page).toHaveURL(/\/edit/);
    await expect(page.getByRole('tab', { name: /Check/ })).toBeVisible();
    await expectAccessible(page, 'the editor');
    await visit(page, '/inbox');
    await page.getByRole('region', { name: 'Threads' }).getByRole('button').first().click();
    await expect(page.getByRole('region', { name: 'Conversation' }).getByRole('list')).toBeVisible();
    await expectAccessible(page, 'a conversation');
    await page.emulateMedia({ colorScheme: 'light' });
  });
