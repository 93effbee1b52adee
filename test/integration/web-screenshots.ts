/**
 *   npm run screenshots
 *
 * takes the pictures of the documentation from the example with pages, as it is: light, dark and on a narrow screen.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { launch, WebExample, withAuthenticator } from './web-app';

const FOLDER = join(__dirname, '../../docs/images');
const LOOKS = [
  { name: 'light', colorScheme: 'light', viewport: { width: 760, height: 640 } },
  { name: 'dark', colorScheme: 'dark', viewport: { width: 760, height: 640 } },
  { name: 'narrow', colorScheme: 'light', viewport: { width: 420, height: 640 } },
] as const;

async function main(): Promise<void> {
  await mkdir(FOLDER, { recursive: true });
  const chrome = await launch();
  try {
    for (const look of LOOKS) {
      await using web = await WebExample.start(chrome, 'Koa');
      const page = await web.visit('/', look);
      await withAuthenticator(page);
      await visitAll(web, page, async (what) => {
        await page.screenshot({ path: join(FOLDER, `web-${what}-${look.name}.png`), fullPage: true });
      });
    }
  } finally {
    await chrome.close();
  }
}

async function visitAll(web: WebExample, page: Page, take: (what: string) => Promise<void>): Promise<void> {
  const press = (name: string) => page.getByRole('button', { name, exact: true }).click();
  const shown = (name: string) => page.getByRole('heading', { name, level: 1 }).waitFor();
  await take('login');
  await web.logIn(page, 'editor', 'wrong');
  await take('error');
  await page.getByRole('link', { name: 'company account' }).click();
  await take('provider');
  await page.locator('[name=name]').fill('alice');
  await page.locator('[name=password]').fill(web.running.password);
  await page.getByRole('button').click();
  await page.getByLabel('Title').fill('Lunch');
  await page.getByLabel('Text').fill('At noon, in the garden.');
  await press('Add');
  await take('notes');
  await page.context().clearCookies();
  await page.goto(`${web.url}/account`);
  await web.logIn(page);
  await press('Set up one-time codes');
  const secret = await page.locator('code').innerText();
  await take('key');
  await page.getByLabel('Code that the app shows').fill(web.code(secret));
  await press('Confirm');
  await page.getByText('One-time codes are set up.').waitFor();
  await press('Log out');
  await shown('Log in');
  await page.goto(`${web.url}/account`);
  await web.logIn(page);
  await shown('Second step');
  await take('code');
  web.pass(60);
  await page.getByLabel('Code of your app').fill(web.code(secret));
  await press('Go on');
  await press('Add a passkey');
  await page.getByText('The passkey is added.').waitFor();
  await take('account');
  web.pass(301);
  await page.goto(`${web.url}/notes/clear`);
  await shown('Confirm that it is you');
  await take('step-up');
}

void main();
