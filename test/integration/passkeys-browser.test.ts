import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Browser, type BrowserContext, type CDPSession, chromium, type Page } from 'playwright-core';
import { Authorized, Get, JsonController } from 'routing-controllers';
import {
  type Authentication,
  type Constructor,
  CurrentAuthentication,
  MemoryFactors,
  MemoryState,
  MemoryUserstore,
  PasswordProvider,
  Public,
  recentLogin,
  sessionController,
  SessionProvider,
  SessionService,
} from '../../src';
import { passkeyController, PasskeyService } from '../../src/passkeys';
import { DRIVERS } from '../support/drivers';
import { cheapPasswords } from '../support/hashers';
import { reset } from '../support/reset';
import { SecuredServer } from '../support/secured-server';
import { describeWith } from './describe-with';

const CHROMIUM = '/usr/bin/chromium';
const FLAGS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
  ...['--disable-component-update', '--disable-sync', '--disable-dev-shm-usage'],
];
const PASSWORD = 'correct horse';
/** Browsers take a host of this name for their own machine's: a secure context without TLS. */
const HOST = 'app.localhost';

/** The script that the documentation gives to pages. */
const SCRIPT =
  /^```js\n(.*?)^```$/ms.exec(readFileSync(join(__dirname, '../../docs/second-factors.md'), 'utf8'))?.[1] ??
  '';

const missing = existsSync(CHROMIUM)
  ? undefined
  : `there is no ${CHROMIUM}: install it, on Debian the package chromium`;

function probe(): Constructor<object> {
  @JsonController()
  class Probe {
    @Public() @Get('/page') page() {
      return { page: true };
    }
    @Authorized() @Get('/who') who(@CurrentAuthentication() login: Authentication) {
      return { username: login.user.username, methods: login.methods };
    }
    @Authorized(recentLogin({ maxAgeSeconds: 300, methods: 'passkey' })) @Get('/strong') strong() {
      return { strong: true };
    }
  }
  return Probe;
}

describeWith(missing, 'Passkeys in Chromium', () => {
  let chrome: Browser;
  let api: SecuredServer;
  let store: MemoryFactors;
  const open: BrowserContext[] = [];

  beforeEach(async () => {
    reset();
    store = new MemoryFactors();
    const password = await cheapPasswords.hash(PASSWORD);
    class Users extends MemoryUserstore {
      constructor() {
        super({
          users: [
            { username: 'ann', password, id: 7 },
            { username: 'ben', password, id: 8 },
          ],
        });
      }
    }
    class Sessions extends SessionService {
      constructor() {
        super({ state: new MemoryState() });
      }
    }
    class Passkeys extends PasskeyService {
      constructor() {
        const secret = 'a secret of more than thirty-two bytes';
        super({ store, secret, rpId: HOST, origins: [`http://${HOST}`] });
      }
    }
    class Password extends PasswordProvider {
      constructor() {
        super({ basic: false, passwords: cheapPasswords });
      }
    }
    const known = new Map<unknown, unknown>();
    const container = {
      get: <T>(cls: Constructor<T>): T => {
        const instance: unknown = known.get(cls) ?? new (cls as new () => object)();
        known.set(cls, instance);
        return instance as T;
      },
    };
    class Session extends SessionProvider {
      constructor() {
        super(container.get(Sessions));
      }
    }
    const [driver] = DRIVERS;
    api = await SecuredServer.start(driver!, {
      controllers: [
        probe(),
        sessionController({ sessions: Sessions, secondFactors: [Passkeys] }),
        passkeyController({ passkeys: Passkeys, sessions: Sessions }),
      ],
      security: { container, userstores: [Users], providers: [Password, Session] },
    });
    const { host } = new URL(api.server.url);
    chrome = await chromium.launch({
      executablePath: CHROMIUM,
      args: [...FLAGS, `--host-resolver-rules=MAP *.localhost:80 ${host}`],
    });
  });

  afterEach(async () => {
    for (const context of open.splice(0)) await context.close();
    await chrome.close();
    await api[Symbol.asyncDispose]();
  });

  interface Device {
    readonly isVerified?: boolean;
    readonly isShared?: boolean;
  }

  /** A page of the app in a browser of its own, with the functions of the documentation. */
  const pageOf = async (host = HOST): Promise<Page> => {
    const context = await chrome.newContext();
    open.push(context);
    const page = await context.newPage();
    await page.goto(`http://${host}/page`);
    await page.addScriptTag({ content: SCRIPT });
    return page;
  };
  /** An authenticator inside of the browser. */
  const withDevice = async (page: Page, { isVerified = true, isShared = false }: Device = {}) => {
    const cdp = await page.context().newCDPSession(page);
    await cdp.send('WebAuthn.enable');
    const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: isVerified,
        automaticPresenceSimulation: true,
        defaultBackupEligibility: isShared,
        defaultBackupState: isShared,
      },
    });
    return { cdp, authenticatorId };
  };
  /** The same passkeys in another browser. */
  const copyTo = async (
    page: Page,
    { cdp, authenticatorId }: { cdp: CDPSession; authenticatorId: string },
    device?: Device,
  ) => {
    const copy = await withDevice(page, device);
    const { credentials } = await cdp.send('WebAuthn.getCredentials', { authenticatorId });
    for (const credential of credentials) {
      const { authenticatorId: id } = copy;
      await copy.cdp.send('WebAuthn.addCredential', { authenticatorId: id, credential });
    }
    return copy;
  };
  const run = async (page: Page, code: string): Promise<unknown> =>
    page.evaluate(
      `(async () => { try { return await (${code}) } catch (error) { return error.name + ': ' + error.message } })()`,
    );
  const logIn = (page: Page, username = 'ann') =>
    run(page, `call('/session', ${JSON.stringify({ username, password: PASSWORD })})`);
  const get = (page: Page, path: string) =>
    run(page, `fetch('${path}').then(async (reply) => [reply.status, await reply.json()])`);

  for (const [isShared, method] of [
    [false, 'hwk'],
    [true, 'swk'],
  ] as const) /* prettier-ignore */ {
    it(`are added, and are a login by ${method}, a second factor and a step-up, with the script of the docs`, async () => {
      const page = await pageOf();
      const device = await withDevice(page, { isShared });
      expect(await logIn(page)).to.deep.equal({ username: 'ann' });
      expect(await run(page, "addPasskey('Laptop')")).to.include({
        name: 'Laptop',
        device: isShared ? 'multi' : 'single',
      });
      expect(await get(page, '/strong')).to.have.property('0', 403);
      expect(await run(page, "usePasskey('factor')")).to.deep.equal({ username: 'ann' });
      expect(await get(page, '/strong')).to.deep.equal([200, { strong: true }]);

      await run(page, "fetch('/session', { method: 'DELETE' }).then(() => null)");
      expect(await get(page, '/who')).to.have.property('0', 401);
      expect(await run(page, "usePasskey('login')")).to.deep.equal({ username: 'ann' });
      expect(await get(page, '/who')).to.deep.equal([200, { username: 'ann', methods: [method, 'mfa'] }]);

      const half = await pageOf();
      await copyTo(half, device, { isShared });
      expect(await logIn(half)).to.deep.equal({ next: ['passkey'] });
      expect(await get(half, '/who')).to.have.property('0', 401);
      expect(await run(half, "usePasskey('factor')")).to.deep.equal({ username: 'ann' });
      expect(await get(half, '/who')).to.deep.equal([
        200,
        { username: 'ann', methods: ['pwd', method, 'mfa'] },
      ]);
    });
  }

  it('are made once by a device: the browser knows those that are there', async () => {
    const page = await pageOf();
    await withDevice(page);
    await logIn(page);
    await run(page, "addPasskey('Laptop')");
    await run(page, "usePasskey('factor')");
    expect(await run(page, "addPasskey('Laptop')")).to.match(/^InvalidStateError/);
  });

  it('are not made, and not used, by a device that did not verify its person', async () => {
    const page = await pageOf();
    await withDevice(page, { isVerified: false });
    await logIn(page);
    expect(await run(page, "addPasskey('Laptop')")).to.match(/^NotAllowedError/);
    expect(store.listPasskeys({ username: 'ann', userId: '7' })).to.deep.equal([]);
  });

  it('are refused where a copy of the key was used before', async () => {
    const page = await pageOf();
    const device = await withDevice(page);
    await logIn(page);
    await run(page, "addPasskey('Laptop')");
    const copy = await pageOf();
    await copyTo(copy, device);
    expect(await run(copy, "usePasskey('login')")).to.deep.equal({ username: 'ann' });
    expect(await run(page, "usePasskey('login')")).to.equal('Error: invalid_credentials');
  });

  it('are refused from a host below rpId that is no origin of the app, though the browser signs there', async () => {
    const page = await pageOf();
    const device = await withDevice(page, { isShared: true });
    await logIn(page);
    await run(page, "addPasskey('Laptop')");
    const login = { 'sec-fetch-site': 'same-origin', 'content-type': 'application/json' };
    const post = async (path: string, body: object) =>
      api.server.raw(path, { method: 'POST', headers: login }, JSON.stringify(body));
    const signedAt = async (host: string) => {
      const other = await pageOf(host);
      await copyTo(other, device, { isShared: true });
      const { text } = await post('/passkeys/options', { for: 'login' });
      return run(
        other,
        `navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(${text}) })
          .then((credential) => credential.toJSON())`,
      );
    };
    const foreign = await signedAt(`evil.${HOST}`);
    expect(foreign).to.have.property('type', 'public-key');
    expect((await post('/passkeys/login', { response: foreign })).status).to.equal(401);
    expect((await post('/passkeys/login', { response: await signedAt(HOST) })).status).to.equal(200);
  });
});
