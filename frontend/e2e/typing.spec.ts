/** What is typed stands in the field, letter by letter, and the list follows. */
import type { Locator, Page } from '@playwright/test';

import { expect, test, visit } from './visit';

const SPEEDS = [30, 60];
/** Searched for, and nobody's. */
const NOBODY = 'quillwort.example';

interface Searched {
  field: Locator;
  /** What the list says when nobody is found. */
  none: Locator;
  /** Shown again once the field is empty. */
  some: Locator;
  /** The parameter of the address, where the search lives there. */
  key?: string;
}

async function typeAndCheck(page: Page, { field, none, some, key }: Searched): Promise<void> {
  await expect(some.first()).toBeVisible();
  for (const delay of SPEEDS) {
    await field.click();
    await field.pressSequentially(NOBODY, { delay });
    await expect(field).toHaveValue(NOBODY);
    await expect(none).toBeVisible();
    await expect(field).toHaveValue(NOBODY);
    if (key) await expect(page).toHaveURL(new RegExp(`[?&]${key}=${NOBODY}`));
    await field.press('Escape');
    await expect(field).toHaveValue('');
    await expect(some.first()).toBeVisible();
    if (key) await expect(page).not.toHaveURL(new RegExp(`[?&]${key}=`));
  }
}

test('leads: typing, Enter at once, reload, and back from a person', async ({ page }) => {
  await visit(page, '/leads');
  const field = page.getByLabel('Search leads');
  const rows = page.getByRole('table', { name: 'Leads' }).getByRole('link');
  await typeAndCheck(page, { field, none: page.getByText('No lead like that'), some: rows, key: 'q' });
  const name = (await rows.first().innerText()).split('\n')[0] ?? '';
  await field.pressSequentially(name, { delay: 30 });
  await field.press('Enter');
  await expect(page).toHaveURL(/[?&]q=/);
  await page.reload();
  await expect(field).toHaveValue(name);
  await rows.filter({ hasText: name }).first().click();
  await expect(page).toHaveURL(/\/leads\/[0-9a-f-]{36}/);
  await page.goBack();
  await expect(field).toHaveValue(name);
  // A link to the bare list is a change from outside.
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Leads' }).click();
  await expect(field).toHaveValue('');
  // What is typed a moment before a click is not lost with the page.
  await field.pressSequentially(name, { delay: 30 });
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Today' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Today');
  await page.goBack();
  await expect(field).toHaveValue(name);
});

test('campaigns, and the people of one', async ({ page }) => {
  await visit(page, '/campaigns');
  const rows = page.getByRole('table', { name: 'Campaigns' }).getByRole('link');
  await typeAndCheck(page, {
    field: page.getByLabel('Search campaigns'),
    none: page.getByText('No campaign like that'),
    some: rows,
    key: 'q',
  });
  await rows.first().click();
  await page.getByRole('tab', { name: /^People/ }).click();
  await typeAndCheck(page, {
    field: page.getByLabel('Search people'),
    none: page.getByText('Nobody like that'),
    some: page.getByRole('table', { name: 'People of this campaign' }).getByRole('link'),
    key: 'q',
  });
});

test('the picker of people: Escape empties the field and leaves the drawer open', async ({ page }) => {
  await visit(page, '/campaigns');
  await page.getByRole('table', { name: 'Campaigns' }).getByRole('link').first().click();
  await page.getByRole('link', { name: 'Edit' }).click();
  await expect(page).toHaveURL(/\/edit/);
  await page.getByRole('tab', { name: /People/ }).click();
  await page.getByRole('button', { name: 'Pick from Leads' }).click();
  const drawer = page.getByRole('dialog');
  await typeAndCheck(page, {
    field: drawer.getByLabel('Search leads'),
    none: drawer.getByText('No lead like that'),
    some: drawer.getByRole('table', { name: 'Leads' }).getByText(/@/),
  });
  await page.keyboard.press('Escape');
  await expect(drawer).toBeHidden();
});

test('do not contact, and the palette', async ({ page }) => {
  await visit(page, '/settings?part=suppressions');
  const field = page.getByLabel('Search addresses');
  for (const delay of SPEEDS) {
    await field.pressSequentially(NOBODY, { delay });
    await expect(field).toHaveValue(NOBODY);
    await expect(page.getByText('No such address or domain.')).toBeVisible();
    await field.press('Escape');
    await expect(field).toHaveValue('');
  }
  await page.keyboard.press('ControlOrMeta+k');
  const palette = page.getByRole('combobox');
  for (const delay of SPEEDS) {
    await palette.fill('');
    await palette.pressSequentially(NOBODY, { delay });
    await expect(palette).toHaveValue(NOBODY);
    await expect(page.getByText('Nothing by that name.')).toBeVisible();
  }
  await page.keyboard.press('Escape');
});
