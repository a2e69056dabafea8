import { expect, test, type Locator, type Page } from '@playwright/test';
import { readFileSync } from 'node:fs';

import { BROKEN_LINE, LEADS, peopleCsv } from './people';
import { deliver, writeAnswer } from './post';
import { readDemo, type Demo } from './sign-in';
import { watchConsole } from './watching';

const CAMPAIGN = 'Studios by the sea';
const SENDER = 'studio@brightfjord.example';
const COLLEAGUE = 'mira@brightfjord.example';
const ANSWER = 'Thank you, this sounds useful. Please call me on Thursday.';

/** Those of the ledger whose message is out. */
interface Sent {
  to_email: string;
  subject: string;
  message_id: string;
  status: string;
}

test.use({ baseURL: process.env.REACHLY_E2E_URL ?? '' });

test('a campaign from the sign-in to the first reply', async ({ page }) => {
  const demo = readDemo(process.env.REACHLY_E2E_DATA ?? '');
  const complaints = watchConsole(page);
  await test.step('sign in', () => signIn(page, demo));
  await test.step('import leads, one row of them broken', () => importLeads(page));
  await test.step('write two steps and preview them as a lead', async () => {
    await createCampaign(page);
    await addPeople(page);
    await writeSteps(page);
  });
  await test.step('share people out over two mailboxes', () => weighMailboxes(page));
  await test.step('pick a mailbox and every hour', () => chooseSchedule(page));
  await test.step('check and start', () => checkAndStart(page));
  await test.step('watch it progress', () => watchProgress(page));
  const id = new URL(page.url()).pathname.split('/')[2] ?? '';
  await test.step('a reply comes and stops the sequence', () => receiveReply(page, demo, id));
  await test.step('a second reply: a list of two for the pages that follow', () =>
    secondReply(page, demo, id));
  await test.step('ask why a person and a mailbox wait', () => askWhy(page, id));
  await test.step('deep links, the dark, and a phone', () => lookAround(page, id));
  expect(complaints()).toEqual([]);
});

async function signIn(page: Page, demo: Demo): Promise<void> {
  await page.goto(`${demo.url}/campaigns`);
  await expect(page).toHaveURL(/\/sign-in\?next=/);
  await page.getByLabel('E-mail').fill(demo.email);
  await page.getByLabel('Password', { exact: true }).fill(demo.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page).toHaveURL(/\/campaigns$/);
  await expect(page.getByRole('heading', { name: 'Campaigns' })).toBeVisible();
}

async function importLeads(page: Page): Promise<void> {
  await page.goto('/leads/import');
  await page.getByLabel('CSV file').setInputFiles({
    name: 'studios.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from(peopleCsv()),
  });
  const columns = page.getByRole('table', { name: 'Columns of the file' });
  await expect(columns.getByLabel('Where E-Mail goes')).toHaveValue('email');
  await expect(columns.getByLabel('Where First name goes')).toHaveValue('first_name');
  await expect(columns.getByLabel('Where Company goes')).toHaveValue('company');
  await page.getByRole('button', { name: 'Import', exact: true }).click();
  await expect(page.getByRole('progressbar', { name: 'Read so far' })).toBeVisible();
  await expect(page.getByText('Done', { exact: true })).toBeVisible();
  await expectFigure(page, 'New', String(LEADS.length));
  await expectFigure(page, 'Failed', '1');
  const failed = page.getByRole('table', { name: 'Rows that were not taken' });
  await expect(failed.getByRole('row')).toContainText([`line ${BROKEN_LINE}`]);
  const coming = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download' }).click();
  expect(readFileSync(await (await coming).path(), 'utf8')).toContain('not-an-address');
}

async function createCampaign(page: Page): Promise<void> {
  await page
    .getByRole('link', { name: /^Campaigns/ })
    .first()
    .click();
  await page.getByRole('button', { name: 'New campaign' }).first().click();
  await page.getByLabel('Name').fill(CAMPAIGN);
  await page.getByRole('button', { name: 'Create draft' }).click();
  await expect(page).toHaveURL(/\/campaigns\/[0-9a-f-]{36}\/edit/);
}

async function addPeople(page: Page): Promise<void> {
  await page.getByRole('tab', { name: /People/ }).click();
  await page.getByRole('button', { name: 'Pick from Leads' }).click();
  const drawer = page.getByRole('dialog');
  await drawer.getByLabel('Search leads').fill('tidemark.example');
  await expect(drawer.getByRole('table', { name: 'Leads' })).toHaveAttribute(
    'aria-rowcount',
    new RegExp(`^(${LEADS.length}|${LEADS.length + 1})$`),
  );
  await drawer.getByLabel('Select all loaded rows').click();
  await drawer.getByRole('button', { name: `Add ${LEADS.length} people` }).click();
  await expect(page.getByRole('tab', { name: /People/ })).toContainText(String(LEADS.length));
}

async function writeSteps(page: Page): Promise<void> {
  const body = page.getByRole('textbox', { name: 'Message body' });
  const preview = page.frameLocator('iframe[title="Message preview"]');
  await page.getByRole('tab', { name: /Words/ }).click();
  await page.getByRole('button', { name: 'Write the first message' }).click();
  await page.getByLabel('Subject').fill('A question for {{ company }}');
  await body.fill('Hi {{ first_name | fallback: "there" }}, I saw what you build at ');
  await body.press('End');
  await page.getByRole('button', { name: 'Insert field' }).click();
  await page.getByRole('menuitem', { name: /Company/ }).click();
  await expect(body).toContainText('company');
  await expectSaved(page);
  await page.getByLabel('As this person').selectOption({ label: 'Freya Moor' });
  await expect(page.getByRole('region', { name: 'Preview' })).toContainText('A question for Tidemark 6');
  await expect(preview.getByText('Hi Freya, I saw what you build at Tidemark 6')).toBeVisible();
  await page.getByRole('button', { name: 'Add a follow-up' }).click();
  await expect(page.getByLabel('Days', { exact: true })).toHaveValue('3');
  await body.fill('{{ first_name | fallback: "Hello" }}, did this reach you at a bad moment?');
  await expectSaved(page);
  await expect(preview.getByText('Freya, did this reach you at a bad moment?')).toBeVisible();
}

async function weighMailboxes(page: Page): Promise<void> {
  await page.getByRole('tab', { name: /schedule/ }).click();
  await pickMailboxes(page, SENDER, COLLEAGUE);
  await page.getByRole('radio', { name: 'By weight' }).click();
  const weight = page.getByLabel(`Weight of ${SENDER}`);
  await weight.fill('half');
  await expect(page.getByRole('alert').filter({ hasText: 'A whole number' })).toBeVisible();
  await weight.fill('3');
  await expect(page.getByText('75 %')).toBeVisible();
  await expectSaved(page);
  await page.reload();
  await expect(weight).toHaveValue('3');
  await expect(page.getByText('25 %')).toBeVisible();
}

async function pickMailboxes(page: Page, ...addresses: string[]): Promise<void> {
  const labels = page.locator('label').filter({ hasText: '@brightfjord.example' });
  await labels.first().waitFor();
  for (const label of await labels.all()) {
    const said = await label.innerText();
    await label.getByRole('checkbox').setChecked(addresses.some((address) => said.includes(address)));
  }
}

async function chooseSchedule(page: Page): Promise<void> {
  await pickMailboxes(page, SENDER);
  await page.getByRole('button', { name: 'Every hour' }).click();
  await expect(page.getByText('from 1 mailbox.')).toBeVisible();
  await expectSaved(page);
}

async function checkAndStart(page: Page): Promise<void> {
  await page.getByRole('tab', { name: /Check/ }).click();
  const mailable = page.getByText(`${LEADS.length} of ${LEADS.length} people can be written to`);
  await expect(async () => {
    await page.getByRole('button', { name: 'Check again' }).click();
    await expect(mailable).toBeVisible({ timeout: 3_000 });
  }).toPass({ timeout: 60_000 });
  await expect(page.getByRole('heading', { name: /^(Ready$|\d+ warning)/ })).toBeVisible();
  await expect(page.getByRole('table', { name: 'Planned messages by day and mailbox' })).toBeVisible();
  await page.getByRole('button', { name: 'Start', exact: true }).click();
  await page
    .getByRole('alertdialog')
    .or(page.getByRole('dialog'))
    .getByRole('button', { name: 'Start' })
    .click();
  await expect(page).toHaveURL(/\/campaigns\/[0-9a-f-]{36}$/);
}

/** Without a reload: the first figures, and then that they move. */
async function watchProgress(page: Page): Promise<void> {
  await page.evaluate(() => Object.assign(window, { neverReloaded: true }));
  const sent = figure(page, 'Sent');
  await expect(async () => expect(await numberOf(sent)).toBeGreaterThanOrEqual(1)).toPass({
    timeout: 120_000,
  });
  const first = await numberOf(sent);
  await expect(async () => expect(await numberOf(sent)).toBeGreaterThan(first + 1)).toPass({
    timeout: 120_000,
  });
  expect(await page.evaluate(() => 'neverReloaded' in window)).toBe(true);
}

async function receiveReply(page: Page, demo: Demo, campaign: string): Promise<void> {
  const [message] = (await listSent(demo, campaign)).slice(-1);
  if (!message) throw new Error('The ledger has no sent message.');
  await reply(demo, message, ANSWER);
  await expect(async () => expect(await numberOf(figure(page, 'Replied'))).toBe(1)).toPass({
    timeout: 120_000,
  });
  await page.getByRole('tab', { name: /People/ }).click();
  await page.getByLabel('Search people').fill(message.to_email);
  const people = page.getByRole('table', { name: 'People of this campaign' });
  await expect(people).toContainText('Replied');
  await expect(people).not.toContainText('Step 2');
  expect(await page.evaluate(() => 'neverReloaded' in window)).toBe(true);
  await page
    .getByRole('link', { name: /^Inbox/ })
    .first()
    .click();
  await page.getByRole('region', { name: 'Threads' }).getByText(ANSWER).click();
  await expect(page.getByRole('region', { name: 'Conversation' })).toContainText(ANSWER);
}

/** What they write back, put into the mailbox that wrote to them. */
async function reply(demo: Demo, message: Sent, text: string): Promise<void> {
  const { to_email: from, subject, message_id: inReplyTo } = message;
  const answer = writeAnswer({ from, to: SENDER, subject, inReplyTo, text });
  await deliver(demo.imapPort, SENDER, demo.mailboxSecret, answer);
}

async function secondReply(page: Page, demo: Demo, campaign: string): Promise<void> {
  const [message] = await listSent(demo, campaign);
  if (!message) throw new Error('The ledger has no sent message.');
  await reply(demo, message, 'Not now, please ask again in spring.');
  const threads = page.getByRole('region', { name: 'Threads' }).getByRole('listitem');
  await expect(threads.filter({ hasText: 'ask again in spring' })).toBeVisible();
}

async function askWhy(page: Page, campaign: string): Promise<void> {
  await page.goto(`/campaigns/${campaign}?tab=people&state=between_steps`);
  const why = page.getByRole('dialog', { name: /^Why nothing goes to/ });
  // While messages leave, rows come and go: who was asked about may just have moved on.
  await expect(async () => {
    if (await why.isHidden())
      await page
        .getByRole('button', { name: /^Step 2.*why is nothing sent/ })
        .first()
        .click({ timeout: 10_000 });
    await expect(why).toContainText('waiting for its delay', { timeout: 10_000 });
    await expect(why).toContainText('What changes it', { timeout: 10_000 });
  }).toPass({ timeout: 120_000 });
  await page.goto('/mailboxes');
  await page.getByText(SENDER).first().click();
  const caps = page.getByRole('table', { name: 'Caps that hold now' });
  await expect(caps.getByRole('row').nth(1)).toContainText('left');
}

async function lookAround(page: Page, campaign: string): Promise<void> {
  await page.goto(`/campaigns/${campaign}`);
  await page.reload();
  await expect(page.getByRole('heading', { name: CAMPAIGN })).toBeVisible();
  await page.getByRole('button', { name: /account of/ }).click();
  await page.getByRole('menuitem', { name: 'Dark' }).click();
  await expect(page.locator('html')).toHaveClass(/dark/);
  await page.reload();
  await expect(page.locator('html')).toHaveClass(/dark/);
  await page.setViewportSize({ width: 390, height: 844 });
  const pages = ['/dashboard', '/campaigns', `/campaigns/${campaign}`, `/campaigns/${campaign}/edit`];
  for (const path of [...pages, '/inbox', '/leads', '/mailboxes', '/analytics', '/settings']) {
    await page.goto(path);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await page.waitForLoadState('networkidle', { timeout: 5_000 }).catch(() => undefined);
    const { content, width } = await page.evaluate(() => ({
      content: document.documentElement.scrollWidth,
      width: window.innerWidth,
    }));
    expect(content, `${path} scrolls sideways on a phone`).toBeLessThanOrEqual(width);
  }
}

/** The number under a label in a row of figures. */
function figure(page: Page, label: string): Locator {
  return page.getByText(label, { exact: true }).first().locator('xpath=following-sibling::*[1]');
}

async function numberOf(place: Locator): Promise<number> {
  return Number((await place.innerText({ timeout: 2_000 })).replaceAll(/\D/g, ''));
}

async function expectFigure(page: Page, label: string, value: string): Promise<void> {
  await expect(figure(page, label)).toHaveText(value);
}

/** What was typed is on the server: the sign turns to Saving at once, so an old Saved cannot be meant. */
async function expectSaved(page: Page): Promise<void> {
  await expect(
    page
      .getByRole('status')
      .filter({ hasText: /^Saved$/ })
      .first(),
  ).toBeVisible();
}

async function listSent(demo: Demo, campaign: string): Promise<Sent[]> {
  const signedIn = await fetch(`${demo.url}/api/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: demo.email, password: demo.password }),
  });
  const { access_token: token } = (await signedIn.json()) as { access_token: string };
  const answer = await fetch(`${demo.url}/api/campaigns/${campaign}/sends?status=sent`, {
    headers: { authorization: `Bearer ${token}` },
  });
  return ((await answer.json()) as { items: Sent[] }).items;
}
