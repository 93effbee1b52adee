import { inspect } from 'node:util';
import { expect } from 'chai';
import { Authorized, Get, JsonController } from 'routing-controllers';
import {
  type Authentication,
  type Constructor,
  CurrentAuthentication,
  MemoryState,
  MemoryUserstore,
  recentLogin,
  type SecurityEvent,
  ServiceUnavailableError,
  sessionController,
  SessionProvider,
  SessionService,
  type User,
} from '../../src';
import { passkeyController, PasskeyService, type PasskeyServiceOptions } from '../../src/passkeys';
import {
  Authenticator,
  type CreationOptions,
  type RequestOptions,
  type Twist,
} from '../support/authenticator';
import { Browser } from '../support/browser';
import { OWN_DRIVERS } from '../support/own-drivers';
import { PlainPasskeys } from '../support/plain-passkeys';
import { reset } from '../support/reset';
import { SecuredServer } from '../support/secured-server';
import { CheapPasswordProvider, cheapPasswords } from '../support/hashers';

const START = 1_800_000_000_000;
const ORIGIN = 'https://app.example';
const PASSWORD = 'correct horse';
const HASH = cheapPasswords.hash(PASSWORD);
const SECRET = 'a secret of more than thirty-two bytes';

function probe(): Constructor<object> {
  @JsonController()
  class Probe {
    @Authorized() @Get('/who') who(@CurrentAuthentication() login: Authentication) {
      return { username: login.user.username, methods: login.methods };
    }
    @Authorized(recentLogin({ maxAgeSeconds: 300, methods: 'passkey' })) @Get('/strong') strong() {
      return 'ok';
    }
  }
  return Probe;
}

for (const driver of OWN_DRIVERS) {
  describe(`Passkeys on ${driver.name}`, () => {
    let now: number;
    let users: User[];
    let events: SecurityEvent[];
    let log: string[];
    let store: PlainPasskeys;
    let state: MemoryState;
    let inactive: Set<string>;

    beforeEach(async () => {
      reset();
      now = START;
      events = [];
      inactive = new Set();
      log = [];
      store = new PlainPasskeys();
      state = new MemoryState({ clock: () => now });
      const tokensValidFrom = new Date(START - 1000);
      users = [
        { username: 'ann', password: await HASH, id: 7, tokensValidFrom },
        { username: 'ben', password: await HASH, id: 8, tokensValidFrom },
      ];
    });

    const start = async (options: Partial<PasskeyServiceOptions> = {}) => {
      class Users extends MemoryUserstore {
        constructor() {
          super({ users });
        }
      }
      class Sessions extends SessionService {
        constructor() {
          super({ state });
        }
      }
      class Passkeys extends PasskeyService {
        constructor() {
          super({ store, secret: SECRET, rpId: 'app.example', origins: [ORIGIN], ...options });
        }
      }
      class Password extends CheapPasswordProvider {
        constructor() {
          super({ basic: false });
        }
      }
      const sessions = new Sessions();
      class Session extends SessionProvider {
        constructor() {
          super(sessions);
        }
      }
      const known = new Map<unknown, unknown>([[Sessions, sessions]]);
      const container = {
        get: <T>(cls: Constructor<T>): T => {
          const instance: unknown = known.get(cls) ?? new (cls as new () => object)();
          known.set(cls, instance);
          return instance as T;
        },
      };
      const keep = (line: string) => void log.push(line);
      const api = await SecuredServer.start(driver, {
        controllers: [
          probe(),
          sessionController({ sessions: Sessions, secondFactors: [Passkeys] }),
          passkeyController({ passkeys: Passkeys, sessions: Sessions }),
        ],
        security: {
          container,
          userstores: [Users],
          providers: [Password, Session],
          clock: () => now,
          isActive: ({ username }) => !inactive.has(username),
          onEvent: (event) => void events.push(event),
          logger: { info: keep, warn: keep, error: keep },
        },
      });
      const browser = () => new Browser(api.server);
      const byPassword = async (name = 'ann', own = browser()) => {
        const reply = await own.send('POST', '/session', { body: { username: name, password: PASSWORD } });
        expect(reply.status, reply.text).to.equal(200);
        return own;
      };
      const options_ = async (own: Browser, purpose: string) => {
        const reply = await own.send('POST', '/passkeys/options', { body: { for: purpose } });
        expect(reply.status, reply.text).to.equal(200);
        return reply.json();
      };
      const toCreate = async (own: Browser) => (await options_(own, 'add')) as unknown as CreationOptions;
      const toGet = async (own: Browser, purpose: 'login' | 'factor') =>
        (await options_(own, purpose)) as unknown as RequestOptions;
      const add = async (own: Browser, device: 'single' | 'multi' = 'multi') => {
        const authenticator = new Authenticator(ORIGIN, device);
        const response = authenticator.create(await toCreate(own));
        const reply = await own.send('POST', '/passkeys', { body: { response, name: 'Phone' } });
        expect(reply.status, reply.text).to.equal(201);
        return { authenticator, passkey: reply.json() };
      };
      const use = async (
        own: Browser,
        authenticator: Authenticator,
        purpose: 'login' | 'factor' = 'login',
        twist?: Twist,
      ) => {
        const response = authenticator.get(await toGet(own, purpose), twist);
        return own.send('POST', `/passkeys/${purpose}`, { body: { response } });
      };
      return Object.assign(api, { browser, byPassword, toCreate, toGet, add, use });
    };

    it('are added in a session, listed without their keys, and removed', async () => {
      await using api = await start();
      const browser = await api.byPassword();
      expect((await browser.get('/passkeys')).json()).to.deep.equal([]);
      const { authenticator, passkey } = await api.add(browser);
      const [id] = authenticator.passkeys.keys();
      const shown = { id, name: 'Phone', device: 'multi', createdAt: new Date(START).toISOString() };
      expect(passkey).to.deep.equal(shown);
      const list = await browser.get('/passkeys');
      expect([list.json(), list.headers['cache-control']]).to.deep.equal([[shown], 'no-store']);
      expect(events.find(({ type }) => type === 'factor_added')).to.deep.include({
        user: 'ann',
        method: 'swk',
      });
      // Who has a second factor proves it before it goes.
      const refused = await browser.send('DELETE', `/passkeys/${id ?? ''}`);
      expect([refused.status, refused.json()['code']]).to.deep.equal([
        403,
        'insufficient_user_authentication',
      ]);
      expect(refused.headers['session-step-up']).to.equal('max_age="300", methods="mfa"');
      expect((await api.use(browser, authenticator, 'factor')).status).to.equal(200);
      expect((await browser.send('DELETE', '/passkeys/AAAA')).status).to.equal(404);
      expect((await browser.send('DELETE', `/passkeys/${id ?? ''}`)).status).to.equal(204);
      expect((await browser.send('DELETE', `/passkeys/${id ?? ''}`)).status).to.equal(404);
      expect((await browser.get('/passkeys')).json()).to.deep.equal([]);
      expect(events.map(({ type }) => type)).to.include.members(['stepped_up', 'factor_removed']);
    });

    for (const [device, method] of [
      ['single', 'hwk'],
      ['multi', 'swk'],
    ] as const) /* prettier-ignore */ {
      it(`are a whole login by ${method} without a password`, async () => {
        await using api = await start();
        const { authenticator } = await api.add(await api.byPassword(), device);
        now += 60_000;
        const browser = api.browser();
        const reply = await api.use(browser, authenticator);
        expect([reply.status, reply.json()]).to.deep.equal([200, { username: 'ann' }]);
        expect((await browser.get('/who')).json()).to.deep.equal({ username: 'ann', methods: [method, 'mfa'] });
        expect((await browser.get('/strong')).status).to.equal(200);
        const [listed] = (await browser.get('/passkeys')).json() as unknown as { lastUsedAt: string }[];
        expect(listed?.lastUsedAt).to.equal(new Date(now).toISOString());
        expect(events.filter(({ type }) => type === 'logged_in').at(-1)).to.deep.include({
          user: 'ann',
          methods: [method, 'mfa'],
        });
      });
    }

    it('log in by a form, whose failure goes to the login page', async () => {
      await using api = await start();
      const { authenticator } = await api.add(await api.byPassword());
      const browser = api.browser();
      const response = JSON.stringify(authenticator.get(await api.toGet(browser, 'login')));
      const form = { response, returnTo: '/notes?a=b' };
      const reply = await browser.send('POST', '/passkeys/login', { form });
      expect([reply.status, reply.headers['location']]).to.deep.equal([303, '/notes?a=b']);
      expect((await browser.get('/who')).status).to.equal(200);
      const again = await api.browser().send('POST', '/passkeys/login', { form });
      expect([again.status, again.headers['location'], again.cookies]).to.deep.equal([
        303,
        '/login?error=invalid_credentials&returnTo=%2Fnotes%3Fa%3Db',
        [],
      ]);
    });

    it('complete a half login, and nobody else’s', async () => {
      await using api = await start();
      const { authenticator } = await api.add(await api.byPassword());
      const ben = await api.add(await api.byPassword('ben'));
      const half = api.browser();
      const reply = await half.send('POST', '/session', { body: { username: 'ann', password: PASSWORD } });
      expect([reply.status, reply.json()]).to.deep.equal([200, { next: ['passkey'] }]);
      expect((await half.get('/who')).status).to.equal(401);
      for (const path of ['/passkeys', '/session']) expect((await half.get(path)).status).to.equal(401);
      const options = await api.toGet(half, 'factor');
      const foreign = ben.authenticator.get({ ...options, allowCredentials: [] });
      const wrong = await half.send('POST', '/passkeys/factor', { body: { response: foreign } });
      expect([wrong.status, wrong.headers['www-authenticate']]).to.deep.equal([401, 'Session realm="api"']);
      expect(events.at(-1)).to.include({ type: 'factor_failed', user: 'ann', method: 'passkey' });
      const response = authenticator.get(options);
      const other = half.copy();
      const right = await half.send('POST', '/passkeys/factor', { body: { response } });
      expect([right.status, right.json()]).to.deep.equal([200, { username: 'ann' }]);
      expect((await half.get('/who')).json()).to.deep.equal({
        username: 'ann',
        methods: ['pwd', 'swk', 'mfa'],
      });
      expect((await other.send('POST', '/passkeys/factor', { body: { response } })).status).to.equal(401);
    });

    it('step a session up, with a new secret, by a passkey of its user only', async () => {
      await using api = await start();
      const browser = await api.byPassword();
      const { authenticator } = await api.add(browser);
      const ben = await api.add(await api.byPassword('ben'));
      expect((await browser.get('/strong')).status).to.equal(403);
      const before = browser.cookies.get('__Host-session');
      const options = await api.toGet(browser, 'factor');
      const foreign = ben.authenticator.get({ ...options, allowCredentials: [] });
      expect(
        (await browser.send('POST', '/passkeys/factor', { body: { response: foreign } })).status,
      ).to.equal(401);
      expect((await browser.get('/strong')).status).to.equal(403);
      const reply = await browser.send('POST', '/passkeys/factor', {
        form: { response: JSON.stringify(authenticator.get(options)), returnTo: '/strong' },
      });
      expect([reply.status, reply.headers['location']]).to.deep.equal([303, '/strong']);
      expect(browser.cookies.get('__Host-session')).not.to.equal(before);
      expect((await browser.get('/strong')).status).to.equal(200);
      now += 301_000;
      expect((await browser.get('/strong')).status).to.equal(403);
    });

    it('are added by a fresh session alone, with the second factor that the user has', async () => {
      await using api = await start();
      const browser = await api.byPassword();
      const options = await api.toCreate(browser);
      now += 301_000;
      const response = new Authenticator(ORIGIN).create(options);
      for (const [path, body] of [
        ['/passkeys/options', { for: 'add' }],
        ['/passkeys', { response }],
      ] as const) {
        const reply = await browser.send('POST', path, { body });
        expect([reply.status, reply.json()['code']]).to.deep.equal([403, 'insufficient_user_authentication']);
        expect(reply.headers['session-step-up']).to.equal('max_age="300"');
        expect((await api.browser().send('POST', path, { body })).status).to.equal(401);
      }
      await browser.send('POST', '/session/password', { body: { password: PASSWORD } });
      const { authenticator } = await api.add(browser);
      const refused = await browser.send('POST', '/passkeys/options', { body: { for: 'add' } });
      expect(refused.headers['session-step-up']).to.equal('max_age="300", methods="mfa"');
      await api.use(browser, authenticator, 'factor');
      await api.add(browser, 'single');
      expect(store.records.size).to.equal(2);
    });

    it('refuse a response that proves nothing: 401 with the challenge of sessions, and no cookie', async () => {
      await using api = await start();
      const { authenticator } = await api.add(await api.byPassword(), 'single');
      const twists: Twist[] = [
        { origin: 'https://other.app.example' },
        { isVerified: false },
        { isSignatureBroken: true },
        { userHandle: null },
        { challenge: 'AAAA' },
        { counter: 0 },
      ];
      // A use, so that the next counter has to be larger.
      expect((await api.use(api.browser(), authenticator)).status).to.equal(200);
      const texts = new Set<string>();
      for (const twist of twists) {
        const reply = await api.use(api.browser(), authenticator, 'login', twist);
        const { status, headers, cookies, text } = reply;
        expect([status, headers['www-authenticate'], cookies], inspect(twist)).to.deep.equal([
          401,
          'Session realm="api"',
          [],
        ]);
        texts.add(text);
      }
      expect(texts.size).to.equal(1);
      expect(events.filter(({ type }) => type === 'factor_failed')).to.have.length(1);
      expect(events.find(({ type }) => type === 'factor_failed')).to.include({ user: 'ann', method: 'hwk' });
      expect(events.filter(({ type }) => type === 'failed')).to.have.length(twists.length);
    });

    it('count a response once, of ten at once and later', async () => {
      await using api = await start();
      const { authenticator } = await api.add(await api.byPassword());
      const response = authenticator.get(await api.toGet(api.browser(), 'login'));
      const send = () => api.browser().send('POST', '/passkeys/login', { body: { response } });
      const statuses = (await Promise.all(Array.from({ length: 10 }, send))).map(({ status }) => status);
      expect(statuses.toSorted()).to.deep.equal([200, ...Array<number>(9).fill(401)]);
      expect((await send()).status).to.equal(401);
      now += 300_000;
      const old = authenticator.get(await api.toGet(api.browser(), 'login'));
      now += 300_000;
      expect(
        (await api.browser().send('POST', '/passkeys/login', { body: { response: old } })).status,
      ).to.equal(401);
    });

    it('are 400 for a body that is no response, without a challenge', async () => {
      await using api = await start();
      const { authenticator } = await api.add(await api.byPassword());
      const right = authenticator.get(await api.toGet(api.browser(), 'login'));
      const client = (text: string) => ({
        ...right,
        response: { ...right.response, clientDataJSON: Buffer.from(text, 'latin1').toString('base64url') },
      });
      for (const response of [
        undefined,
        null,
        7,
        'x',
        '[]',
        [],
        {},
        { ...right, id: '' },
        { ...right, id: 7 },
        { ...right, id: 'a b' },
        { ...right, id: 'A'.repeat(1365) },
        { ...right, rawId: 'AAAA' },
        { ...right, type: 'password' },
        { ...right, response: null },
        { ...right, response: { ...right.response, signature: undefined } },
        { ...right, response: { ...right.response, signature: '+/==' } },
        { ...right, response: { ...right.response, authenticatorData: {} } },
        { ...right, response: { ...right.response, userHandle: 7 } },
        client('{'),
        client('[]'),
        client('{"challenge":7,"origin":"https://app.example"}'),
        client('\xff\xfe'),
      ]) {
        const reply = await api.browser().send('POST', '/passkeys/login', { body: { response } });
        const { status, headers, cookies } = reply;
        expect([status, headers['www-authenticate'], cookies], inspect(response)).to.deep.equal([
          400,
          undefined,
          [],
        ]);
        expect(reply.json()['code']).to.equal('invalid_request');
      }
      for (const purpose of [undefined, '', 'LOGIN', '__proto__', 7]) {
        const reply = await api.browser().send('POST', '/passkeys/options', { body: { for: purpose } });
        expect([reply.status, reply.json()['code']]).to.deep.equal([400, 'invalid_request']);
      }
      expect(
        (await api.browser().send('POST', '/passkeys/login', { body: { response: right } })).status,
      ).to.equal(200);
    });

    it('are refused from pages of other sites, before the body is looked at', async () => {
      await using api = await start();
      const browser = await api.byPassword();
      for (const headers of [
        { 'sec-fetch-site': 'cross-site' },
        { 'sec-fetch-site': 'same-site' },
        { 'sec-fetch-site': undefined },
        { 'sec-fetch-site': undefined, origin: 'https://evil.example' },
      ]) {
        for (const [method, path] of [
          ['POST', '/passkeys/options'],
          ['POST', '/passkeys/login'],
          ['POST', '/passkeys/factor'],
          ['POST', '/passkeys'],
          ['DELETE', '/passkeys/AAAA'],
        ] as const) {
          for (const who of [browser, api.browser()]) {
            const body = method === 'POST' ? { body: [] } : {};
            const reply = await who.send(method, path, { ...body, headers });
            const isGuarded = who !== browser && (path === '/passkeys' || method === 'DELETE');
            if (isGuarded) expect([401, 403]).to.include(reply.status);
            else expect([reply.status, reply.json()['code']]).to.deep.equal([403, 'cross_site']);
          }
        }
      }
    });

    it('are no login of a user who is gone, inactive, or another of that name', async () => {
      await using api = await start();
      const { authenticator, passkey } = await api.add(await api.byPassword());
      const record = store.records.get(String(passkey['id']));
      if (record === undefined) throw new Error('The passkey is not there');
      for (const user of [
        { username: 'nobody', userId: '7' },
        { username: 'ann', userId: '9' },
        { username: 'ann' },
        { username: 'ann', userId: '7', userstore: 'Other' },
      ]) {
        store.records.set(record.id, { ...record, user });
        const reply = await api.use(api.browser(), authenticator);
        expect([reply.status, reply.cookies], inspect(user)).to.deep.equal([401, []]);
      }
      store.records.set(record.id, record);
      inactive.add('ann');
      expect((await api.use(api.browser(), authenticator)).status).to.equal(401);
    });

    it('write nothing for what anonymous clients send, and are 429 after many failures of an address', async () => {
      await using api = await start();
      const { authenticator } = await api.add(await api.byPassword());
      const { size } = state;
      store.calls.length = 0;
      const options = await api.toGet(api.browser(), 'login');
      const wrong = authenticator.get(options, { isSignatureBroken: true });
      const statuses: number[] = [];
      for (let count = 0; count < 105; count += 1) {
        statuses.push(
          (await api.browser().send('POST', '/passkeys/login', { body: { response: wrong } })).status,
        );
      }
      expect(statuses.slice(0, 99)).to.deep.equal(Array<number>(99).fill(401));
      expect(statuses.at(-1)).to.equal(429);
      expect([state.size, store.calls.filter((call) => call !== 'get')]).to.deep.equal([size, []]);
      const right = authenticator.get(options);
      const form = { response: JSON.stringify(right) };
      const waiting = await api.browser().send('POST', '/passkeys/login', { form });
      expect(waiting.headers['location']).to.equal('/login?error=too_many_attempts');
    });

    it('are 503 and set no cookie where the sessions cannot be written', async () => {
      await using api = await start();
      const { authenticator } = await api.add(await api.byPassword());
      const response = authenticator.get(await api.toGet(api.browser(), 'login'));
      const set = state.set.bind(state);
      state.set = () => {
        throw new ServiceUnavailableError();
      };
      const reply = await api.browser().send('POST', '/passkeys/login', { body: { response } });
      expect([reply.status, reply.cookies]).to.deep.equal([503, []]);
      state.set = set;
      expect((await api.browser().send('POST', '/passkeys/login', { body: { response } })).status).to.equal(
        200,
      );
    });

    it('say nothing of challenges, keys, cookies and secrets in events and logs', async () => {
      await using api = await start();
      const browser = await api.byPassword();
      const { authenticator } = await api.add(browser);
      const options = await api.toGet(api.browser(), 'login');
      for (const twist of [
        { origin: 'https://evil.example' },
        { challenge: 'AAAA' },
        { isVerified: false },
        {},
      ]) {
        const response = authenticator.get(options, twist);
        await api.browser().send('POST', '/passkeys/login', { body: { response } });
      }
      const [record] = store.records.values();
      const shown = inspect([events, log], { depth: 9 });
      for (const secret of [SECRET, options.challenge, record?.publicKey, record?.userHandle, PASSWORD]) {
        expect(shown).not.to.contain(secret);
      }
      expect(shown).not.to.contain(browser.cookies.get('__Host-session'));
    });

    it('say at start that browsers make none for an address', async () => {
      await using api = await start({ rpId: '127.0.0.1', origins: ['http://127.0.0.1:3000'] });
      expect(log.join('\n')).to.contain('Passkeys').and.to.contain('localhost');
      const problems = events.filter(({ type }) => type === 'misconfigured');
      expect(problems.map((event) => 'component' in event && event.component)).to.include('Passkeys');
      expect(problems.some((event) => 'problem' in event && event.problem.includes('localhost'))).to.equal(
        true,
      );
      expect((await api.browser().get('/who')).status).to.equal(401);
    });
  });
}
