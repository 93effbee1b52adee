/** The app and the script of docs/single-page-app.md run as they are printed. */
import { compileFunction } from 'node:vm';
import { expect } from 'chai';
import { Authorized, JsonController, Post } from 'routing-controllers';
import { Browser } from '../support/browser';
import { DRIVERS, type TestServer } from '../support/drivers';
import { blocksOf, startPageApp } from '../support/page-app';
import { reset } from '../support/reset';
import { provider, startApi } from '../support/scripted';

const PAGE = 'single-page-app.md';
const PASSWORD = 'correct horse battery staple';
const ORIGIN = 'https://app.example';

interface Dialogs {
  login(): Promise<unknown>;
  password(): Promise<unknown>;
}
type Call = (ask: Dialogs, method: string, path: string, body?: unknown) => Promise<unknown>;

/** The script of the page, in a page of the server. */
function scriptOf(browser: Browser): Call {
  const script = blocksOf(PAGE, 'js').find((block) => block.includes('async function call'));
  const send = async (path: string, { method, body }: { method: string; body?: string }) => {
    const reply = await browser.send(
      method,
      path,
      body === undefined ? {} : { body: JSON.parse(body) as unknown },
    );
    const { 'session-step-up': stepUp } = reply.headers;
    return new Response(reply.status === 204 ? null : reply.text, {
      status: reply.status,
      headers: typeof stepUp === 'string' ? { 'session-step-up': stepUp } : {},
    });
  };
  return (compileFunction(`${script ?? ''}; return call;`, ['fetch']) as (fetch: typeof send) => Call)(send);
}

describe('The app of docs/single-page-app.md', () => {
  let server: TestServer;
  let browser: Browser;
  let asked: string[];
  let now: number;
  let ask: Dialogs;

  beforeEach(async () => {
    reset();
    now = 1_800_000_000_000;
    server = await startPageApp(PAGE, () => now);
    browser = new Browser(server);
    asked = [];
    ask = {
      login: () => {
        asked.push('login');
        return browser.send('POST', '/api/session', { body: { username: 'ann', password: PASSWORD } });
      },
      password: () => {
        asked.push('password');
        return browser.send('POST', '/api/session/password', { body: { password: PASSWORD } });
      },
    };
  });
  afterEach(() => server.close());

  it('asks for a login once, and shows who it is', async () => {
    const call = scriptOf(browser);
    expect(await call(ask, 'GET', '/api/me')).to.deep.equal({ username: 'ann', roles: ['editor'] });
    expect(await call(ask, 'GET', '/api/me')).to.deep.equal({ username: 'ann', roles: ['editor'] });
    expect(asked).to.deep.equal(['login']);
  });

  it('asks for the password alone where the login is too old for what matters', async () => {
    const call = scriptOf(browser);
    expect(await call(ask, 'POST', '/api/account/close')).to.deep.equal({ closed: true });
    now += 301_000;
    expect(await call(ask, 'POST', '/api/account/close')).to.deep.equal({ closed: true });
    expect(asked).to.deep.equal(['login', 'password']);
  });

  it('logs out by a script, in all tabs', async () => {
    await ask.login();
    const tab = browser.copy();
    expect((await browser.send('DELETE', '/api/session')).status).to.equal(204);
    expect((await tab.get('/api/me')).status).to.equal(401);
  });

  it('refuses the pages of other sites, also at the login', async () => {
    const headers = { 'sec-fetch-site': 'cross-site' };
    const body = { username: 'ann', password: PASSWORD };
    expect((await browser.send('POST', '/api/session', { body, headers })).status).to.equal(403);
    await ask.login();
    expect((await browser.send('POST', '/api/account/close', { headers })).status).to.equal(403);
    expect((await browser.get('/api/me')).status).to.equal(200);
  });

  it('takes a dev server that keeps Host, and one that changes it as long as the browser says its site', async () => {
    await ask.login();
    const close = async (headers: Record<string, string | undefined>) =>
      (await browser.send('POST', '/api/account/close', { headers })).status;
    const origin = 'http://localhost:5173';
    expect(await close({ origin, host: 'localhost:5173' })).to.equal(200);
    expect(await close({ origin, host: 'localhost:5173', 'sec-fetch-site': undefined })).to.equal(200);
    expect(await close({ origin })).to.equal(200);
    expect(await close({ origin, 'sec-fetch-site': undefined })).to.equal(403);
  });
});

function cookieLogin() {
  return provider('session', () => ({ username: 'ann' }), { credential: 'cookie' });
}

for (const driver of DRIVERS) {
  describe(`A page of a sibling origin, on ${driver.name}`, () => {
    beforeEach(reset);

    it('changes something only where trustedOrigins has it, and reads refusals by CORS', async () => {
      const headers = { origin: ORIGIN, 'sec-fetch-site': 'same-site' };
      const exposed = ['Session-Step-Up', 'Retry-After'];
      const cors = driver.isExpress
        ? { origin: ORIGIN, credentials: true, exposedHeaders: exposed }
        : { origin: () => ORIGIN, credentials: true, exposeHeaders: exposed };
      for (const [trustedOrigins, status] of [
        [[], 403],
        [[ORIGIN], 200],
      ] as [string[], number][]) {
        reset();
        @JsonController()
        class Notes {
          @Authorized() @Post('/change') change() {
            return 'ok';
          }
        }
        await using api = await startApi(driver, {
          host: { cors, controllers: [Notes] },
          security: { providers: [cookieLogin()], trustedOrigins },
        });
        const reply = await api.server.raw('/change', { method: 'POST', headers });
        expect(reply.status).to.equal(status);
        expect(reply.response.headers['access-control-allow-origin']).to.equal(ORIGIN);
        expect(reply.response.headers['access-control-allow-credentials']).to.equal('true');
        expect(String(reply.response.headers['access-control-expose-headers']).split(/, ?/)).to.deep.equal(
          exposed,
        );
      }
    });
  });
}
