import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import { APP_DOCUMENT, LOGIN, startDocsApp, tokenOf } from '../support/api-docs-app';
import { basic, DRIVERS } from '../support/drivers';
import { DocsPage } from './api-docs-page';
import { describeWith } from './describe-with';
import { launch, whyNoChromium } from './web-app';

const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds in the page, beside the viewer. Injected past the policy, as the browser's own tools are. */
async function faultsOf(page: Page): Promise<string[]> {
  const session = await page.context().newCDPSession(page);
  await session.send('Runtime.evaluate', { expression: AXE });
  const { result } = await session.send('Runtime.evaluate', {
    expression: `axe.run({ exclude: [['.swagger-ui']] }).then(({ violations }) =>
      JSON.stringify(violations.map(({ id, nodes }) => id + ' ' + nodes[0].html)))`,
    awaitPromise: true,
  });
  return JSON.parse(String(result.value)) as string[];
}

describeWith(whyNoChromium(), 'The API documentation in Chromium', function () {
  let chrome: Browser;

  before(async () => {
    chrome = await launch();
  });
  after(async () => {
    await chrome.close();
  });
  beforeEach(function () {
    // A busy machine is no fault of the page.
    this.currentTest?.timeout(600_000);
  });

  for (const driver of DRIVERS) {
    describe(`on ${driver.name}`, () => {
      it('shows the document, asks nobody outside, keeps its policy and opens no window', async () => {
        await using server = await startDocsApp(driver);
        await using docs = await DocsPage.open(chrome, server, {
          path: '/docs?url=https://other.invalid/a.json&configUrl=https://other.invalid/b.json',
        });
        await docs.page.getByRole('heading', { name: 'Notes', level: 1 }).waitFor();
        expect(docs.page.url()).to.equal(`${server.url}/docs/`);
        await docs.operation('Notes-addNote').waitFor();
        await docs.operation('Me-health').waitFor();
        await docs.openAuthorize();
        expect(await docs.page.title()).to.equal('Notes');
        expect([docs.outside, docs.complaints, docs.windows]).to.deep.equal([[], [], []]);
        expect(docs.requests.filter((url) => url.endsWith('/openapi.json'))).to.have.length(1);
      });

      it('calls as a client does: 401 before Authorize, 200 with Basic and with Bearer', async () => {
        await using server = await startDocsApp(driver);
        const token = await tokenOf(server);
        await using docs = await DocsPage.open(chrome, server);
        const operation = await docs.openOperation('Me-me');
        const refused = await docs.execute(operation);
        expect(refused.status()).to.equal(401);
        await operation.getByText('authentication_required').waitFor();
        await operation.getByText('www-authenticate').waitFor();

        await docs.authorizeBasic(LOGIN);
        const byBasic = await docs.execute(operation);
        expect(byBasic.status()).to.equal(200);
        expect((await byBasic.request().allHeaders()).authorization).to.equal(
          basic(LOGIN.username, LOGIN.password).authorization,
        );

        // The address names the operation, so it is open again; the login is forgotten.
        expect(docs.page.url()).to.equal(`${server.url}/docs/#/Me/me`);
        await docs.page.reload();
        await operation.getByRole('button', { name: 'Try it out' }).click();
        expect((await docs.execute(operation)).status()).to.equal(401);
        await docs.authorizeBearer(token);
        const byBearer = await docs.execute(operation);
        expect(byBearer.status()).to.equal(200);
        expect((await byBearer.request().allHeaders()).authorization).to.equal(`Bearer ${token}`);
        expect(await byBearer.json()).to.deep.equal({ username: LOGIN.username });

        expect(await docs.page.evaluate('localStorage.length + sessionStorage.length')).to.equal(0);
        expect(await docs.page.evaluate('document.cookie')).to.equal('');
        expect([docs.outside, docs.complaints, docs.windows]).to.deep.equal([[], [], []]);
      });

      it('stands behind a guard with Basic, whose login its calls do not have', async () => {
        await using server = await startDocsApp(driver, { isGuarded: true });
        await using docs = await DocsPage.open(chrome, server, { login: LOGIN });
        const operation = await docs.openOperation('Me-me');
        expect((await docs.execute(operation)).status()).to.equal(401);
        await docs.authorizeBasic(LOGIN);
        expect((await docs.execute(operation)).status()).to.equal(200);
        expect([docs.outside, docs.complaints, docs.windows]).to.deep.equal([[], [], [`${server.url}/docs`]]);
      });

      it("sends the browser's own login where the app says so", async () => {
        await using server = await startDocsApp(driver, { isGuarded: true, credentials: 'same-origin' });
        await using docs = await DocsPage.open(chrome, server, { login: LOGIN });
        const operation = await docs.openOperation('Notes-addNote');
        await operation.locator('textarea').fill('{ "text": "Lunch" }');
        const added = await docs.execute(operation);
        expect(await added.json()).to.deep.equal({ text: 'Lunch', by: LOGIN.username });
        expect(docs.complaints).to.deep.equal([]);
      });
    });
  }

  const [koa] = DRIVERS as [(typeof DRIVERS)[0]];

  it('shows nothing to a person who cancels the window of the guard', async () => {
    await using server = await startDocsApp(koa, { isGuarded: true });
    await using docs = await DocsPage.open(chrome, server);
    expect(docs.windows).to.deep.equal([`${server.url}/docs`]);
    expect(await docs.page.content())
      .to.contain('authentication_required')
      .and.not.contain('viewer');
  });

  it("opens the browser's window at a refused call with same-origin, which is what omit is for", async () => {
    await using server = await startDocsApp(koa, { credentials: 'same-origin' });
    await using docs = await DocsPage.open(chrome, server);
    expect((await docs.execute(await docs.openOperation('Me-me'))).status()).to.equal(401);
    expect(docs.windows).to.deep.equal([`${server.url}/me`]);
  });

  it('is used by keyboard alone', async () => {
    await using server = await startDocsApp(koa);
    const token = await tokenOf(server);
    await using docs = await DocsPage.open(chrome, server);
    const { page } = docs;
    const authorize = page.locator('.scheme-container').getByRole('button', { name: 'Authorize' });
    await authorize.waitFor();
    await docs.tabTo(authorize);
    await page.keyboard.press('Enter');
    // The dialog takes the focus to a field.
    const field = page.getByLabel('auth-bearer-value');
    await page.locator('.modal-ux input:focus').waitFor();
    await docs.tabTo(field);
    await page.keyboard.type(token);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Remove authorization' }).waitFor();
    await docs.tabTo(page.locator('.auth-container').last().getByRole('button', { name: 'Close' }));
    await page.keyboard.press('Enter');
    await page.locator('.modal-ux').waitFor({ state: 'detached' });
    const operation = docs.operation('Me-me');
    await docs.tabTo(operation.locator('.opblock-summary-control'));
    await page.keyboard.press('Enter');
    const tryOut = operation.getByRole('button', { name: 'Try it out' });
    await tryOut.waitFor();
    await docs.tabTo(tryOut);
    await page.keyboard.press('Enter');
    const execute = operation.getByRole('button', { name: 'Execute' });
    await execute.waitFor();
    await docs.tabTo(execute);
    const response = await docs.answered(operation, () => page.keyboard.press('Enter'));
    expect(response.status()).to.equal(200);
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    it(`has no fault that axe finds around the viewer, ${colorScheme}`, async () => {
      await using server = await startDocsApp(koa);
      await using docs = await DocsPage.open(chrome, server, { colorScheme });
      await docs.operation('Me-me').waitFor();
      expect(await faultsOf(docs.page)).to.deep.equal([]);
      const isDark = await docs.page.evaluate(`document.documentElement.classList.contains('dark-mode')`);
      expect(isDark).to.equal(colorScheme === 'dark');
    });

    it(`links to the document where the viewer does not come, ${colorScheme}`, async () => {
      await using server = await startDocsApp(koa);
      await using docs = await DocsPage.open(chrome, server, { colorScheme, path: '/docs/' });
      await docs.page.route('**/swagger-ui-bundle.js', (route) => route.abort());
      await docs.page.reload();
      await docs.page.getByRole('heading', { name: 'API documentation', level: 1 }).waitFor();
      expect(await faultsOf(docs.page)).to.deep.equal([]);
      await docs.page.getByRole('link', { name: 'openapi.json' }).click();
      await docs.page.waitForURL('**/docs/openapi.json');
      expect(JSON.parse(await docs.page.locator('pre').innerText())).to.deep.equal(APP_DOCUMENT);
    });
  }

  it('is a link without a viewer, and no fault that axe finds', async () => {
    await using server = await startDocsApp(koa, { viewer: 'none' });
    await using docs = await DocsPage.open(chrome, server);
    await docs.page.getByRole('link', { name: 'openapi.json' }).waitFor();
    expect(await faultsOf(docs.page)).to.deep.equal([]);
    expect([docs.outside, docs.complaints]).to.deep.equal([[], []]);
  });

  it('says where the document cannot be had', async () => {
    const document = () => {
      throw new Error('secret reason');
    };
    await using server = await startDocsApp(koa, { document });
    await using docs = await DocsPage.open(chrome, server);
    await docs.page.getByText('Failed to load API definition').waitFor();
    expect(await docs.page.content()).not.to.contain('secret reason');
  });
});
