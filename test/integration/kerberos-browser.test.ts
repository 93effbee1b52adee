import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { Controller, Get } from 'routing-controllers';
import { PasswordProvider, type User } from '../../src';
import { KerberosProvider } from '../../src/kerberos';
import { DRIVERS, TestServer } from '../support/drivers';
import { cheapPasswords } from '../support/hashers';
import { reset } from '../support/reset';
import { startApi } from '../support/scripted';
import { describeWith } from './describe-with';
import { KerberosRealm, REALM, whyNoKerberos } from './kerberos-realm';

class Users {
  getUser = (username: string): User | null => (username === 'alice' ? { username } : null);
}
class Kerberos extends KerberosProvider {
  constructor() {
    super({ service: 'HTTP@localhost', realms: [REALM] });
  }
}
class Password extends PasswordProvider {
  constructor() {
    super({ passwords: cheapPasswords, throttle: false });
  }
}

const FLAGS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
  ...['--disable-component-update', '--disable-sync', '--disable-dev-shm-usage'],
];
const CHROMIUM = '/usr/bin/chromium';
const missing = existsSync(CHROMIUM)
  ? whyNoKerberos()
  : `there is no ${CHROMIUM}: install it, on Debian the package chromium`;

describeWith(missing, 'Kerberos in Chromium', () => {
  let realm: KerberosRealm;
  const open: BrowserContext[] = [];

  before(async function () {
    this.timeout(60_000);
    realm = new KerberosRealm();
    await realm.start();
  });
  beforeEach(reset);
  afterEach(async () => {
    for (const browser of open.splice(0)) await browser.close();
  });
  after(() => realm.stop());

  /** A page of a browser whose user has logged in to the realm, or to nothing. */
  const pageOf = async (principal: string | undefined, ...flags: string[]): Promise<Page> => {
    const cache = principal === undefined ? 'FILE:/absent' : realm.cacheOf(principal);
    // With a folder of its own: in private windows Chromium sends no tickets by itself. On Linux it loads the
    // Kerberos library only when it is started after it has once met a site that asks for a ticket.
    const folder = mkdtempSync(join(realm.kdc.folder, 'profile-'));
    writeFileSync(
      join(folder, 'Local State'),
      JSON.stringify({ net: { received_http_auth_negotiate_headers: true } }),
    );
    const browser = await chromium.launchPersistentContext(folder, {
      executablePath: CHROMIUM,
      args: [...FLAGS, ...flags],
      env: { ...process.env, ...realm.kdc.env, KRB5CCNAME: cache, HOME: realm.kdc.folder },
    });
    open.push(browser);
    return browser.newPage();
  };
  const TRUSTED = '--auth-server-allowlist=localhost';
  const [driver] = DRIVERS;
  const start = () =>
    startApi(driver!, { security: { userstores: [Users], providers: [Kerberos, Password] } });
  const local = (url: string) => url.replace('127.0.0.1', 'localhost');

  it('logs in by its ticket, at every request anew', async function () {
    this.timeout(60_000);
    await using api = await start();
    const page = await pageOf('alice', TRUSTED);
    for (let round = 0; round < 2; round += 1) {
      const reply = await page.goto(`${local(api.server.url)}/guarded`);
      expect(reply?.status()).to.equal(200);
      expect(await reply?.json()).to.deep.equal({ user: 'alice' });
      expect(await reply?.headerValue('www-authenticate')).to.match(/^Negotiate \S+$/);
    }
    const same = await page.evaluate(async () => (await fetch('/guarded', { method: 'POST' })).status);
    expect(same).to.equal(200);
    expect(api.ran).to.deep.equal(['guarded', 'guarded', 'change']);
  });

  it('is refused where it does not trust the host, or has no ticket', async function () {
    this.timeout(60_000);
    await using api = await start();
    for (const page of [await pageOf('alice'), await pageOf(undefined, TRUSTED)]) {
      // It would ask for a password now, and here nobody answers.
      const failed = await page.goto(`${local(api.server.url)}/guarded`).catch((error: unknown) => error);
      expect(String(failed)).to.include('ERR_INVALID_AUTH_CREDENTIALS');
    }
    expect(api.ran).to.deep.equal([]);
    expect(api.events.map(({ type }) => type))
      .to.include('failed')
      .and.not.include('authenticated');
  });

  it('is refused when the page of a foreign site has it send its ticket', async function () {
    this.timeout(60_000);
    await using api = await start();
    @Controller()
    class Foreign {
      @Get('/') page() {
        return 'a page';
      }
    }
    await using foreign = await TestServer.start(driver!.build({ controllers: [Foreign] }));
    const page = await pageOf('alice', TRUSTED);
    await page.goto(`${foreign.url}/`);
    const reply = page.waitForResponse((response) => response.request().method() === 'POST');
    await page.setContent(`<form method="post" action="${local(api.server.url)}/guarded"></form>`);
    await page.evaluate('document.forms[0].submit()');
    expect((await reply).status()).to.equal(403);
    expect(api.ran).to.deep.equal([]);
    const denied = api.events.filter((event) => event.type === 'denied');
    expect(denied).to.have.length(1);
    expect(denied[0]).to.include({ code: 'cross_site', user: 'alice' });
  });
});
