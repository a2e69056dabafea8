/** A part that cannot be drawn, or that the server fails, leaves the rest of the page and the shell. */
import type { Page } from '@playwright/test';

import { expect, test, visit } from './visit';

// React tells of every fault that a boundary catches, the browser of every answer 500.
test.use({ faults: ['TypeError', 'Failed to load resource', 'is not', 'Cannot read'] });

const json = (body: unknown) => ({
  status: 200,
  contentType: 'application/json',
  body: JSON.stringify(body),
});
const alerts = (page: Page) => page.getByRole('main').getByRole('alert');

async function expectShell(page: Page): Promise<void> {
  await expect(page.getByRole('navigation', { name: 'Main' })).toBeVisible();
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
}

test('today: one malformed answer takes its own panels only, and “Try again” heals them', async ({
  page,
}) => {
  await page.route('**/api/analytics/overview*', (route) => route.fulfill(json({ campaigns: 1 })));
  await visit(page, '/dashboard');
  await expect(alerts(page).first()).toContainText('This part could not be shown');
  await expectShell(page);
  await expect(page.getByRole('heading', { name: 'Needs you' })).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Activity' })).toBeVisible();
  await page.unrouteAll();
  while ((await alerts(page).count()) > 0) {
    const left = await alerts(page).count();
    await alerts(page).first().getByRole('button', { name: 'Try again' }).click();
    await expect(async () => expect(await alerts(page).count()).toBeLessThan(left)).toPass();
  }
  await expect(page.getByRole('region', { name: 'The last 14 days' })).toBeVisible();
});

test('inbox: a conversation that cannot be drawn leaves the list', async ({ page }) => {
  await page.route(/\/api\/inbox\/threads\/[0-9a-f-]{36}$/, (route) => route.fulfill(json({ messages: 7 })));
  await visit(page, '/inbox');
  const threads = page.getByRole('region', { name: 'Threads' }).getByRole('listitem').getByRole('button');
  await threads.first().click();
  await expect(alerts(page)).toContainText('This part could not be shown');
  await expectShell(page);
  await page.unrouteAll();
  await threads.nth(1).click();
  await expect(page.getByRole('region', { name: 'Conversation' }).getByRole('list')).toBeVisible();
});

test('lists: an answer of another shape is said, and the page stands', async ({ page }) => {
  for (const [address, call] of [
    ['/leads', '**/api/leads?*'],
    ['/campaigns', '**/api/campaigns?*'],
    ['/mailboxes', '**/api/email-accounts'],
    ['/inbox', '**/api/inbox/threads?*'],
  ] as const) {
    await page.route(call, (route) => route.fulfill(json({ nothing: true })));
    await visit(page, address);
    await expect(alerts(page).first()).toContainText('The answer could not be read', { timeout: 60_000 });
    await expectShell(page);
    await page.unrouteAll();
  }
});

test('a page that cannot be drawn keeps the shell and leads on', async ({ page }) => {
  await page.route(/\/api\/leads\/[0-9a-f-]{36}$/, (route) => route.fulfill(json({ id: 'x', email: null })));
  await visit(page, '/leads');
  await page.getByRole('table', { name: 'Leads' }).getByRole('link').first().click();
  await expect(alerts(page).first()).toBeVisible();
  await expectShell(page);
  await page.getByRole('link', { name: 'Go to Today' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Today');
});

test('a failed call names its request', async ({ page }) => {
  await page.route('**/api/organization/audit-log*', (route) =>
    route.fulfill({
      status: 500,
      headers: { 'x-request-id': 'c0ffee' },
      contentType: 'application/problem+json',
      body: JSON.stringify({ title: 'Internal error', status: 500, request_id: 'c0ffee' }),
    }),
  );
  await visit(page, '/settings?part=audit');
  await expect(alerts(page)).toContainText('Request c0ffee', { timeout: 60_000 });
});
