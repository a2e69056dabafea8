/** Every list and its detail: open one, leave, open another, go back, press Escape. */
import type { Locator, Page } from '@playwright/test';

import { expect, test, visit } from './visit';

const shell = (page: Page) => page.getByRole('navigation', { name: 'Main' });

/** The first pages that the links of a list open, each with the way back, and the way out to another part. */
async function walkLinks(page: Page, list: string, links: Locator): Promise<void> {
  await expect(links.first()).toBeVisible();
  const heading = page.getByRole('heading', { level: 1 });
  for (const at of (await links.count()) > 1 ? [0, 1] : [0]) {
    const name = (await links.nth(at).innerText()).split('\n')[0] ?? '';
    await links.nth(at).click();
    await expect(heading).toContainText(name);
    await expect(page).not.toHaveURL(new RegExp(`${list}$`));
    await page.goBack();
    await expect(page).toHaveURL(new RegExp(`${list}(\\?.*)?$`));
    await expect(links.nth(at)).toBeVisible();
  }
  await links.first().click();
  await expect(page).not.toHaveURL(new RegExp(`${list}$`));
  await shell(page).getByRole('link', { name: 'Today' }).click();
  await expect(heading).toHaveText('Today');
}

test('inbox: a conversation, another, back, Escape, and away', async ({ page }) => {
  await visit(page, '/inbox');
  const threads = page.getByRole('region', { name: 'Threads' }).getByRole('listitem').getByRole('button');
  const open = page.getByRole('region', { name: 'Conversation' });
  const none = open.getByText('No conversation open');
  await expect(none).toBeVisible();
  await expect(threads.nth(1)).toBeVisible();
  for (const at of [0, 1, 0]) {
    await threads.nth(at).click();
    await expect(threads.nth(at)).toHaveAttribute('aria-current', 'true');
    await expect(open.getByRole('list')).toBeVisible();
  }
  await page.goBack();
  await expect(none).toBeVisible();
  await page.goForward();
  await expect(open.getByRole('list')).toBeVisible();
  await page.keyboard.press('j');
  await expect(threads.nth(1)).toHaveAttribute('aria-current', 'true');
  await page.keyboard.press('k');
  await expect(threads.nth(0)).toHaveAttribute('aria-current', 'true');
  await page.keyboard.press('Escape');
  await expect(none).toBeVisible();
  await threads.nth(1).click();
  await expect(open.getByRole('list')).toBeVisible();
  await shell(page).getByRole('link', { name: 'Campaigns' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Campaigns');
});

test('campaigns and leads: a page, another, back', async ({ page }) => {
  await visit(page, '/campaigns');
  await walkLinks(page, '/campaigns', page.getByRole('table', { name: 'Campaigns' }).getByRole('link'));
  await visit(page, '/leads');
  await walkLinks(page, '/leads', page.getByRole('table', { name: 'Leads' }).getByRole('link'));
});

test('people of a campaign: a person, back to the same tab', async ({ page }) => {
  await visit(page, '/campaigns');
  await page.getByRole('table', { name: 'Campaigns' }).getByRole('link').first().click();
  const heading = page.getByRole('heading', { level: 1 });
  for (const tab of ['Plan', 'Messages', 'Activity', 'Overview', 'People']) {
    await page.getByRole('tab', { name: new RegExp(`^${tab}`) }).click();
    await expect(page.getByRole('tabpanel', { name: new RegExp(`^${tab}`) })).toBeVisible();
  }
  const campaign = (await heading.textContent()) ?? '';
  const people = page.getByRole('table', { name: 'People of this campaign' }).getByRole('link');
  for (const at of [0, 1]) {
    await people.nth(at).click();
    await expect(page).toHaveURL(/\/leads\//);
    await page.goBack();
    await expect(heading).toHaveText(campaign);
    await expect(people.nth(at)).toBeVisible();
  }
});

test('mailboxes: a drawer, another, back, Escape', async ({ page }) => {
  await visit(page, '/mailboxes');
  const rows = page.getByRole('table', { name: 'Mailboxes' }).getByText(/@/);
  const drawer = page.getByRole('dialog');
  await expect(rows.nth(1)).toBeVisible();
  for (const leave of ['Escape', 'Back', 'Close']) {
    const row = rows.nth(leave === 'Back' ? 1 : 0);
    const address = (await row.innerText()).trim();
    await row.click();
    await expect(drawer).toContainText(address);
    if (leave === 'Escape') await page.keyboard.press('Escape');
    else if (leave === 'Back') await page.goBack();
    else await drawer.getByRole('button', { name: 'Close' }).first().click();
    await expect(drawer).toBeHidden();
    await expect(page).toHaveURL(/\/mailboxes$/);
  }
});

test('imports and settings: each part, and back', async ({ page }) => {
  await visit(page, '/leads/import');
  const files = page.getByRole('region', { name: 'Earlier files' }).getByRole('link');
  const found = page.getByText('Earlier files');
  await expect(found).toBeVisible();
  const link =
    (await files.count()) > 0
      ? files.first()
      : page.locator('section', { has: found }).getByRole('link').first();
  await link.click();
  await expect(page).toHaveURL(/\?id=/);
  await expect(page.getByText('Done', { exact: true }).or(page.getByText('Undone'))).toBeVisible();
  await page.goBack();
  await expect(found).toBeVisible();
  await visit(page, '/settings');
  const parts = page.getByRole('navigation', { name: 'Parts of the settings' }).getByRole('button');
  for (const part of await parts.all()) {
    await part.click();
    await expect(part).toHaveAttribute('aria-current', 'page');
    await expect(page.getByRole('main').getByRole('heading', { level: 2 }).first()).toBeVisible();
  }
});

test('palette: a name and Enter opens that person', async ({ page }) => {
  await visit(page, '/leads');
  const first = page.getByRole('table', { name: 'Leads' }).getByRole('link').first();
  const name = (await first.innerText()).split('\n')[0] ?? '';
  await visit(page, '/dashboard');
  await page.keyboard.press('ControlOrMeta+k');
  await page.keyboard.type(name, { delay: 30 });
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/leads\//);
  await expect(page.getByRole('heading', { level: 1 })).toContainText(name);
  await page.keyboard.press('ControlOrMeta+k');
  await page.keyboard.type('anal');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/analytics/);
});

test('why a person waits: told on a phone as on a desk, and it stays while the list is drawn anew', async ({
  page,
}) => {
  await visit(page, '/campaigns');
  await page.getByRole('table', { name: 'Campaigns' }).getByRole('link').first().click();
  await page.getByRole('tab', { name: /^People/ }).click();
  const told = page.getByRole('dialog', { name: /^Why nothing goes to/ });
  for (const size of [
    { width: 390, height: 844 },
    { width: 1440, height: 900 },
  ]) {
    await page.setViewportSize(size);
    const why = page.getByRole('button', { name: /why is nothing sent/ }).filter({ visible: true });
    await why.first().click();
    await expect(told).toBeVisible();
    await expect(page).toHaveURL(/\/campaigns\//);
    // Both lists are asked for anew, as live events have them be.
    const again = page.waitForResponse((answer) => answer.url().includes('/enrollments'));
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    await page.evaluate(() => window.dispatchEvent(new Event('focus')));
    await Promise.race([again, page.waitForTimeout(3_000)]);
    await expect(told).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(told).toBeHidden();
  }
});
