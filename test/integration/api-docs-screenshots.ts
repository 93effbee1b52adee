/**
 *   npm run screenshots:docs
 *
 * takes the pictures of API documentation: the page, Authorize, and a call without credentials, by Basic and by Bearer.
 */
import 'reflect-metadata';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { LOGIN, startDocsApp, tokenOf } from '../support/api-docs-app';
import { DRIVERS } from '../support/drivers';
import { DocsPage } from './api-docs-page';
import { launch } from './web-app';

const FOLDER = join(__dirname, '../../docs/images');

async function main(): Promise<void> {
  await mkdir(FOLDER, { recursive: true });
  const [koa] = DRIVERS as [(typeof DRIVERS)[0]];
  const chrome = await launch();
  try {
    await using server = await startDocsApp(koa);
    const token = await tokenOf(server);
    const opened = () => DocsPage.open(chrome, server, { viewport: { width: 760, height: 640 } });
    const take = (docs: DocsPage, what: string) =>
      docs.page.screenshot({ path: join(FOLDER, `api-docs-${what}.png`), animations: 'disabled' });

    await using byBasic = await opened();
    await byBasic.operation('Me-me').waitFor();
    await take(byBasic, 'page');
    await byBasic.openAuthorize();
    await take(byBasic, 'authorize');
    await byBasic.page.locator('.modal-ux .close-modal').click();
    await byBasic.openOperation('Me-me');
    const called = async (docs: DocsPage, what: string) => {
      const target = docs.operation('Me-me');
      await docs.execute(target);
      await target.getByRole('button', { name: 'Execute' }).evaluate((element) => {
        element.scrollIntoView({ block: 'start' });
      });
      await take(docs, what);
    };
    await called(byBasic, '401');
    await byBasic.authorizeBasic(LOGIN);
    await called(byBasic, 'basic');

    await using byBearer = await opened();
    await byBearer.openOperation('Me-me');
    await byBearer.authorizeBearer(token);
    await called(byBearer, 'bearer');
  } finally {
    await chrome.close();
  }
}

void main();
