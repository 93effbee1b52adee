import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { reportHtml } from '../../src/report/html';
import type { SecurityReport } from '../../src/report/security-report';
import { openRoute, reported, reportedRoute } from '../support/reported';
import { describeWith } from './describe-with';

const CHROMIUM = '/usr/bin/chromium';
const FLAGS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
  ...['--disable-component-update', '--disable-sync', '--disable-dev-shm-usage'],
];
const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const LINES = ['~ /things3/30/:id GET (Controller3.action30): role admin -> role editor'];

const missing = existsSync(CHROMIUM)
  ? undefined
  : `there is no ${CHROMIUM}: install it, on Debian the package chromium`;

/** An app of 324 routes, every twentieth of them open, every seventh one that depends. */
function large(): SecurityReport {
  const routes = Array.from({ length: 324 }, (_, at) => {
    const controller = `Controller${String(Math.floor(at / 9))}`;
    const common = {
      path: `/things${String(Math.floor(at / 9))}/${String(at)}/:id`,
      controller,
      action: `${controller}.action${String(at)}`,
    };
    if (at % 20 === 0) return openRoute(common);
    if (at % 7 !== 0) return reportedRoute(common);
    return reportedRoute({
      ...common,
      summary: 'policy isOwner',
      may: { anonymous: 'no', 'any login': 'depends', 'role editor': 'depends' },
      why: { 'any login': 'policy isOwner', 'role editor': 'policy isOwner' },
    });
  });
  const warning = {
    code: 'open_without_public' as const,
    action: 'Controller0.action0',
    message: 'It is open',
  };
  return reported(routes, { warnings: [warning] });
}

interface Opened {
  readonly page: Page;
  /** Requests beside that of the page itself. */
  readonly requests: string[];
  /** What the browser complains of, violations of the policy among it. */
  readonly complaints: string[];
}

describeWith(missing, 'The report page in Chromium', function () {
  let folder: string;
  let chrome: Browser;
  let url: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'securest-page-'));
    const file = join(folder, 'report.html');
    writeFileSync(file, reportHtml(large(), { title: 'Things', changes: LINES }));
    url = pathToFileURL(file).href;
    chrome = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
  });
  after(async () => {
    await chrome.close();
    rmSync(folder, { recursive: true });
  });

  async function opened(
    work: (opened: Opened) => Promise<void>,
    options: BrowserContextOptions = {},
    hash = '',
  ): Promise<void> {
    const context = await chrome.newContext(options);
    try {
      const page = await context.newPage();
      const [requests, complaints]: [string[], string[]] = [[], []];
      page.on('request', (request) => requests.push(request.url()));
      page.on('console', (message) => complaints.push(message.text()));
      page.on('pageerror', (error) => complaints.push(error.message));
      await page.goto(`${url}${hash}`);
      await work({ page, requests, complaints });
      expect(requests.filter((one) => one.split('#')[0] !== url)).to.deep.equal([]);
      expect(complaints).to.deep.equal([]);
    } finally {
      await context.close();
    }
  }

  const shown = (page: Page) => page.locator('tr[data-k]:visible td:nth-child(2)').allTextContents();

  /** Injected past the policy, as the browser's own tools are. */
  async function violations(page: Page): Promise<string[]> {
    const session = await page.context().newCDPSession(page);
    await session.send('Runtime.evaluate', { expression: AXE });
    const { result } = await session.send('Runtime.evaluate', {
      expression: `axe.run().then(({ violations }) => JSON.stringify(violations.map(({ id, nodes }) => id + ' ' + nodes[0].html)))`,
      awaitPromise: true,
    });
    return JSON.parse(String(result.value)) as string[];
  }

  it('shows all routes, loads nothing and breaks no rule of its policy', async () => {
    await opened(async ({ page }) => {
      expect(await shown(page)).to.have.length(324);
      expect(await page.locator('#status').textContent()).to.equal('324 of 324 routes');
    });
  });

  it('runs no script and applies no style but its own', async () => {
    const page = reportHtml(large()).replace(
      '</main>',
      '<script>document.title = "changed"</script><style>body{display:none}</style></main>',
    );
    const file = join(folder, 'injected.html');
    writeFileSync(file, page);
    const context = await chrome.newContext();
    try {
      const tab = await context.newPage();
      await tab.goto(pathToFileURL(file).href);
      expect(await tab.title()).to.equal('Security report');
      expect(await tab.locator('h1').isVisible()).to.equal(true);
    } finally {
      await context.close();
    }
  });

  it('is searched by keyboard alone', async () => {
    await opened(async ({ page }) => {
      await page.keyboard.press('/');
      await page.keyboard.type('things3/ OWNER');
      expect(await shown(page)).to.deep.equal(['/things3/28/:id', '/things3/35/:id']);
      expect(page.url()).to.include('#q=things3');
      await page.keyboard.press('Escape');
      expect(await shown(page)).to.have.length(324);
      await page.keyboard.press('Tab');
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      expect(await shown(page)).to.have.length(17);
      await page.keyboard.press('Space');
      expect(await shown(page)).to.have.length(324);
    });
  });

  it('opens the details of a route by keyboard', async () => {
    await opened(async ({ page }) => {
      const summary = page.locator('tr[data-k] summary').first();
      const list = page.locator('tr[data-k] ul').first();
      expect(await list.isVisible()).to.equal(false);
      await summary.focus();
      await page.keyboard.press('Enter');
      expect(await list.isVisible()).to.equal(true);
    });
  });

  it('shows what a link asks for: search, kind and identity', async () => {
    await opened(
      async ({ page }) => {
        expect(await shown(page)).to.deep.equal(['/things2/20/:id']);
      },
      {},
      '#q=things2%2F&kind=open',
    );
    await opened(
      async ({ page }) => {
        const depending = Array.from({ length: 324 }, (_, at) => at).filter(
          (at) => at % 7 === 0 || at % 20 === 0,
        );
        expect(await shown(page)).to.have.length(depending.length);
      },
      {},
      '#as=any+login',
    );
    await opened(
      async ({ page }) => {
        expect(await shown(page)).to.deep.equal(['/things3/30/:id']);
      },
      {},
      '#kind=changed',
    );
    await opened(
      async ({ page }) => {
        expect(await shown(page)).to.have.length(324);
      },
      {},
      '#kind=%22&as=nobody',
    );
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    it(`has no fault that axe finds, ${colorScheme}`, async () => {
      await opened(
        async ({ page }) => {
          await page.locator('tr[data-k] summary').first().click();
          expect(await violations(page)).to.deep.equal([]);
        },
        { colorScheme },
      );
    }).timeout(120_000);
  }

  it('is not wider than a telephone, where cells name their identity', async () => {
    await opened(
      async ({ page }) => {
        expect(await page.evaluate('document.documentElement.scrollWidth')).to.be.at.most(420);
        const label = await page.evaluate(
          `getComputedStyle(document.querySelector('tr[data-k] td:nth-child(6)'), '::after').content`,
        );
        expect(label).to.equal('" role editor"');
        expect(await violations(page)).to.deep.equal([]);
      },
      { viewport: { width: 420, height: 800 } },
    );
  }).timeout(120_000);

  it('prints all rows on white, without the tools', async () => {
    await opened(
      async ({ page }) => {
        await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
        expect(await page.locator('#tools').isVisible()).to.equal(false);
        expect(await shown(page)).to.have.length(324);
        expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).to.equal(
          'rgb(255, 255, 255)',
        );
      },
      { colorScheme: 'dark' },
    );
  });
});
