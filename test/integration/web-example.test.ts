/** The example with pages in a real browser. */
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import type { Browser, Locator, Page } from 'playwright-core';
import { mute } from '../example/support';
import { describeWith } from './describe-with';
import { type Host, launch, WebExample, whyNoChromium, withAuthenticator } from './web-app';

const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

describeWith(whyNoChromium(), 'The example with pages, in Chromium', () => {
  mute('info', 'error');
  let chrome: Browser;
  before(async () => {
    chrome = await launch();
  });
  after(() => chrome.close());

  const heading = (page: Page) => page.getByRole('heading', { level: 1 }).innerText();
  /** Waits for the page of that heading: what a click leads to comes later. */
  const shown = (page: Page, name: string) =>
    page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
  /** Waits until there are so many. */
  const number = async (items: Locator, count: number) => {
    await items.nth(count - 1).waitFor();
    await items.nth(count).waitFor({ state: 'detached' });
  };
  const alert = (page: Page) => page.getByRole('alert').innerText();
  const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();
  /** Waits for what a script tells. */
  const told = (page: Page, text: string) => page.getByRole('status').getByText(text).waitFor();

  for (const host of ['Koa', 'Express 5'] as const satisfies Host[]) {
    describe(`on ${host}`, () => {
      // For what leaves its users as they are.
      let shared: WebExample;
      before(async () => {
        shared = await WebExample.start(chrome, host);
      });
      afterEach(() => shared.leave());
      after(() => shared[Symbol.asyncDispose]());

      it('sends from a page to the login and back to it, with its query', async () => {
        const web = shared;
        const page = await web.visit('/account?from=mail');
        await page.waitForURL(`${web.url}/login?returnTo=%2Faccount%3Ffrom%3Dmail`);
        await web.logIn(page, 'editor', 'wrong');
        expect(await alert(page)).to.equal('That is not right. Try again.');
        await web.logIn(page);
        await page.waitForURL(`${web.url}/account?from=mail`);
        await shown(page, 'Your account');
        const [cookie] = await page.context().cookies();
        expect(cookie).to.include({
          name: '__Host-notes',
          path: '/',
          httpOnly: true,
          secure: true,
          sameSite: 'Lax',
          expires: -1,
        });
        expect(await page.evaluate('document.cookie')).to.equal('');
      });

      it('keeps what people write for text, and repeats no form at a reload', async () => {
        const web = shared;
        const page = await web.visit();
        await web.logIn(page);
        const title = '<img src=x onerror="document.title=1">';
        await page.getByLabel('Title').fill(title);
        await page.getByLabel('Text').fill('</p><script>document.title = 2</script>');
        await press(page, 'Add');
        await page.getByRole('heading', { name: title }).waitFor();
        await page.reload();
        expect(await page.getByRole('heading', { level: 2 }).allInnerTexts()).to.deep.equal([title]);
        expect(await page.title()).to.equal('Your notes - Notes');
        await page.getByRole('button', { name: 'Delete' }).click();
        await page.getByText('No notes yet.').waitFor();
      });

      it('shows nothing of a person who has logged out, also two steps back', async () => {
        const web = shared;
        const page = await web.visit();
        await web.logIn(page);
        await page.getByRole('link', { name: 'editor' }).click();
        await press(page, 'Log out');
        await shown(page, 'Log in');
        for (let steps = 0; steps < 2; steps += 1) {
          await page.goBack({ waitUntil: 'commit' });
          await page.getByRole('heading', { name: 'Log in' }).waitFor();
        }
        expect(await page.context().cookies()).to.deep.equal([]);
      });

      it('is one login for two tabs, and that of who logged in last', async () => {
        const web = shared;
        const one = await web.visit();
        await web.logIn(one);
        const other = await one.context().newPage();
        await other.goto(`${web.url}/login`);
        await web.logIn(other, 'admin');
        await one.reload();
        expect(await one.getByRole('navigation').innerText()).to.contain('admin');
        await press(other, 'Log out');
        await shown(other, 'Log in');
        await one.reload();
        await shown(one, 'Log in');
      });

      it('lists devices, and ends them from another', async () => {
        const web = shared;
        const [here, there, third] = [await web.visit(), await web.visit(), await web.visit()];
        for (const page of [here, there, third]) await web.logIn(page, 'admin');
        await here.goto(`${web.url}/account`);
        const devices = here.getByRole('region', { name: 'Where you are logged in' }).getByRole('listitem');
        await number(devices, 3);
        await number(devices.getByText('this one'), 1);
        await here.getByRole('button', { name: 'Log out there' }).first().click();
        await number(devices, 2);
        const headings = async () => {
          for (const page of [there, third]) await page.goto(`${web.url}/`);
          return (await Promise.all([there, third].map(heading))).toSorted();
        };
        expect(await headings()).to.deep.equal(['Log in', 'Your notes']);
        await press(here, 'Log out everywhere else');
        await number(devices, 1);
        expect(await headings()).to.deep.equal(['Log in', 'Log in']);
        await shown(here, 'Your account');
      });

      it('takes no form of a foreign page: no note, no logout, no login as somebody else', async () => {
        const web = shared;
        const page = await web.visit();
        await web.logIn(page);
        const { admin } = web.running.logins;
        await using foreign = await ForeignSite.start({
          '/note': form(`${web.url}/notes`, { title: 'a', text: 'b' }),
          '/logout': form(`${web.url}/oidc/logout`, {}),
          '/end': form(`${web.url}/session/end`, {}),
          '/login': form(`${web.url}/session`, { username: 'admin', password: admin }),
        });
        for (const path of ['/note', '/logout', '/end', '/login']) {
          const [reply] = await Promise.all([
            page.waitForResponse((response) => response.request().method() === 'POST'),
            page.goto(foreign.url + path),
          ]);
          // A foreign page's post brings no Lax cookie along: to the notes it comes from nobody.
          expect(reply.status(), path).to.equal(path === '/note' ? 401 : 403);
        }
        await page.goto(web.url);
        expect(await page.getByRole('navigation').innerText()).to.contain('editor');
        await page.getByText('No notes yet.').waitFor();
      });

      it('asks for codes after the password once they are set up, and for a fresh login before what matters', async () => {
        await using web = await WebExample.start(chrome, host);
        const page = await web.visit('/account');
        await web.logIn(page);
        await press(page, 'Set up one-time codes');
        const secret = await page.locator('code').innerText();
        const picture = page.getByRole('img', { name: 'The key as a picture' });
        const width = picture.evaluate(async (image: { decode(): Promise<void>; naturalWidth: number }) => {
          await image.decode();
          return image.naturalWidth;
        });
        expect(await width).to.be.greaterThan(20);
        await page.getByLabel('Code that the app shows').fill(web.code(secret));
        await press(page, 'Confirm');
        await told(page, 'One-time codes are set up.');
        const recovery = await page.locator('.codes li').allInnerTexts();
        expect(recovery).to.have.length(10);
        await press(page, 'Log out');
        await shown(page, 'Log in');

        await page.goto(`${web.url}/account`);
        await web.logIn(page);
        await shown(page, 'Second step');
        expect(
          (
            await page.request.get(`${web.url}/account`, {
              headers: { accept: 'text/html' },
              maxRedirects: 0,
            })
          ).status(),
        ).to.equal(303);
        await page.getByLabel('Code of your app').fill('000000');
        await press(page, 'Go on');
        expect(await alert(page)).to.equal('That is not right. Try again.');
        web.pass(60);
        await page.getByLabel('Code of your app').fill(web.code(secret));
        await press(page, 'Go on');
        await page.waitForURL(`${web.url}/account`);

        await page.goto(web.url);
        await page.getByLabel('Title').fill('a');
        await page.getByLabel('Text').fill('b');
        await press(page, 'Add');
        web.pass(301);
        await page.getByRole('link', { name: 'Delete all notes' }).click();
        await shown(page, 'Confirm that it is you');
        await page.getByLabel('Code of your app').fill(recovery[3] ?? '');
        await press(page, 'Go on');
        await shown(page, 'Delete all notes?');
        await press(page, 'Delete all notes');
        await page.getByText('No notes yet.').waitFor();

        // Removing a factor takes both of them, fresh.
        web.pass(301);
        await page.goto(`${web.url}/account`);
        await press(page, 'Remove them');
        await page.getByRole('heading', { name: 'Confirm that it is you' }).waitFor();
        await page.getByLabel('Password').fill(web.running.logins.editor);
        await press(page, 'Confirm');
        await press(page, 'Remove them');
        await page.getByRole('heading', { name: 'Confirm that it is you' }).waitFor();
        await page.getByLabel('Code of your app').fill(web.code(secret));
        await press(page, 'Go on');
        await press(page, 'Remove them');
        await page.getByText('One-time codes are removed.').waitFor();
      });

      it('logs in by a passkey alone, and takes it as a second step', async () => {
        await using web = await WebExample.start(chrome, host);
        const page = await web.visit('/account');
        await withAuthenticator(page);
        await web.logIn(page);
        await press(page, 'Add a passkey');
        await told(page, 'The passkey is added.');
        await press(page, 'Log out');
        await press(page, 'Use a passkey');
        await page.getByRole('heading', { name: 'Your notes' }).waitFor();
        await press(page, 'Log out');
        await web.logIn(page);
        await shown(page, 'Second step');
        await press(page, 'Use a passkey');
        await page.getByRole('heading', { name: 'Your notes' }).waitFor();
        await page.goto(`${web.url}/account`);
        await page.getByRole('button', { name: /^Remove (?!them)/ }).click();
        await page
          .getByRole('region', { name: 'Passkeys' })
          .getByRole('listitem')
          .waitFor({ state: 'detached' });
      });

      it('logs in at the provider and out of it', async () => {
        const web = shared;
        const page = await web.visit('/account');
        const atProvider = async () => {
          await page.getByRole('link', { name: 'company account' }).click();
          await page.waitForURL((url) => url.origin === web.running.settings.issuer);
        };
        await atProvider();
        await page.locator('[name=name]').fill('alice');
        await page.locator('[name=password]').fill(web.running.password);
        await page.getByRole('button').click();
        await page.waitForURL(`${web.url}/account`);
        expect(await page.getByRole('navigation').innerText()).to.contain('editor');
        // Single sign-on: another browser session of the app needs no password there.
        await page.context().clearCookies({ name: '__Host-notes' });
        await page.goto(`${web.url}/login`);
        await page.getByRole('link', { name: 'company account' }).click();
        await shown(page, 'Your notes');
        await press(page, 'Log out');
        const { issuer } = web.running.settings;
        await page.waitForURL(({ origin, pathname }) => origin === issuer || pathname === '/login');
        if (new URL(page.url()).origin === issuer) {
          await page.getByRole('button', { name: 'Yes, sign me out' }).click();
        }
        await page.waitForURL(`${web.url}/login`);
        await atProvider();
        await page.locator('[name=password]').waitFor();
      });

      it('changes the password, and logs everybody else out', async () => {
        await using web = await WebExample.start(chrome, host);
        const [page, other] = [await web.visit('/account'), await web.visit()];
        for (const each of [page, other]) await web.logIn(each);
        await page.getByLabel('Present one').fill(web.running.logins.editor);
        await page.getByLabel('New one').fill('a longer and better one');
        await press(page, 'Change the password');
        await told(page, 'The password is changed');
        for (const each of [page, other]) await each.goto(web.url);
        expect([await heading(page), await heading(other)]).to.deep.equal(['Your notes', 'Log in']);
        await web.logIn(other, 'editor', 'a longer and better one');
        await shown(other, 'Your notes');
      });
    });
  }

  it('tells who guesses to wait', async () => {
    await using web = await WebExample.start(chrome, 'Koa');
    const page = await web.visit('/login');
    for (let count = 0; count < 11; count += 1) await web.logIn(page, 'editor', `guess ${count}`);
    expect(await alert(page)).to.equal('Too many attempts. Wait a while, and try again.');
    await web.logIn(page);
    expect(await alert(page)).to.equal('Too many attempts. Wait a while, and try again.');
  });

  it('can be used by the keyboard alone', async () => {
    await using web = await WebExample.start(chrome, 'Koa');
    const page = await web.visit();
    const { keyboard } = page;
    const focused = () =>
      page.evaluate<string>('document.activeElement.name || document.activeElement.textContent.trim()');
    /** Goes on by the tabulator key, to what has that name. */
    const tabTo = async (name: string) => {
      for (let count = 0; count < 20; count += 1) {
        if ((await focused()).startsWith(name)) return;
        await keyboard.press('Tab');
        expect(await page.evaluate(VISIBLE_FOCUS), await focused()).to.equal(true);
      }
      expect.fail(`${name} cannot be reached`);
    };
    await tabTo('username');
    await keyboard.type('editor');
    await tabTo('password');
    await keyboard.type(web.running.logins.editor);
    await keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Your notes' }).waitFor();
    await tabTo('title');
    await keyboard.type('Lunch');
    await tabTo('text');
    await keyboard.type('at noon');
    await tabTo('Add');
    await keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Lunch' }).waitFor();
    await tabTo('editor');
    await keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Your account' }).waitFor();
    await tabTo('Set up one-time codes');
    await keyboard.press('Enter');
    const secret = await page.locator('code').innerText();
    await tabTo('code');
    await keyboard.type(web.code(secret));
    await keyboard.press('Enter');
    await told(page, 'One-time codes are set up.');
    await tabTo('Log out');
    await keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Log in' }).waitFor();
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    it(`has nothing that axe finds, in ${colorScheme} colours and on a narrow screen`, async () => {
      await using web = await WebExample.start(chrome, 'Koa');
      const page = await web.visit('/login', { colorScheme, viewport: { width: 420, height: 800 } });
      await withAuthenticator(page);
      const check = async (what: string) => {
        await page.evaluate(AXE);
        const { violations } = await page.evaluate<{ violations: Violation[] }>('axe.run()');
        const found = violations.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)]);
        expect(found, what).to.deep.equal([]);
        const overflow = await page.evaluate('document.documentElement.scrollWidth > innerWidth');
        expect(overflow, `${what} is wider than the screen`).to.equal(false);
      };
      await check('login');
      await page.goto(`${web.url}/login?error=invalid_credentials`);
      await check('error');
      await page.goto(`${web.url}/login?next=otp,passkey`);
      await check('code');
      await page.goto(`${web.url}/login?stepUp=mfa&maxAge=300&returnTo=%2F`);
      await check('step-up');
      await page.goto(`${web.url}/login`);
      await web.logIn(page);
      await page.getByLabel('Title').fill('Lunch');
      await page.getByLabel('Text').fill('x'.repeat(200));
      await press(page, 'Add');
      await check('notes');
      await page.getByRole('link', { name: 'Delete all notes' }).click();
      await check('question');
      await page.goto(`${web.url}/account`);
      await press(page, 'Add a passkey');
      await told(page, 'The passkey is added.');
      await check('account');
      // A second factor is set up by one that is there.
      await press(page, 'Set up one-time codes');
      await page.getByRole('heading', { name: 'Confirm that it is you' }).waitFor();
      await press(page, 'Use a passkey');
      await page.getByRole('heading', { name: 'Your account' }).waitFor();
      await press(page, 'Set up one-time codes');
      const secret = await page.locator('code').innerText();
      await check('key');
      await page.getByLabel('Code that the app shows').fill(web.code(secret));
      await press(page, 'Confirm');
      await told(page, 'One-time codes are set up.');
      await check('recovery codes');
    });
  }
});

const VISIBLE_FOCUS = `(() => {
  const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
  return document.activeElement === document.body || (outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2);
})()`;

/** A page that sends a form as soon as it is opened. */
function form(action: string, fields: Readonly<Record<string, string>>): string {
  const inputs = Object.entries(fields).map(([name, value]) => `<input name="${name}" value="${value}">`);
  return `<form method="post" action="${action}">${inputs.join('')}</form><script>document.forms[0].submit()</script>`;
}

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string }[];
}

class ForeignSite implements AsyncDisposable {
  private constructor(private readonly server: Server) {}

  static async start(pages: Readonly<Record<string, string>>): Promise<ForeignSite> {
    const server = createServer((request, response) => {
      response.setHeader('Content-Type', 'text/html');
      response.end(pages[request.url ?? ''] ?? '');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new ForeignSite(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
