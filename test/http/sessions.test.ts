import { inspect } from 'node:util';
import { expect } from 'chai';
import { Authorized, CurrentUser, Get, JsonController, Post, Req } from 'routing-controllers';
import type { IncomingMessage } from 'node:http';
import {
  Authentication,
  type AuthProviderInterface,
  type Constructor,
  CurrentAuthentication,
  MemoryState,
  MemoryUserstore,
  passwordController,
  Public,
  recentLogin,
  type SecurityEvent,
  type SecurityOptions,
  sessionController,
  type SessionControllerOptions,
  SessionProvider,
  SessionService,
  ThrottledError,
  type SessionServiceOptions,
  type StateStoreInterface,
  TokenProvider,
  TokenService,
  type User,
} from '../../src';
import { Browser } from '../support/browser';
import { DRIVERS } from '../support/drivers';
import { OWN_DRIVERS } from '../support/own-drivers';
import { reset } from '../support/reset';
import { secured, SecuredServer } from '../support/secured-server';
import { CheapPasswordProvider, cheapPasswords } from '../support/hashers';

const START = 1_800_000_000_000;
const NAME = '__Host-session';
const PASSWORD = 'correct horse';
const HASH = cheapPasswords.hash(PASSWORD);
const BASIC = (name: string, password = PASSWORD) =>
  `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;

/** Counts what it is asked, and is down when a test says so. */
class WatchedState implements StateStoreInterface {
  readonly inner: MemoryState;
  readonly calls: string[] = [];
  isDown = false;

  constructor(clock: () => number) {
    this.inner = new MemoryState({ clock });
  }
  get(key: string) {
    this.#note('get');
    return this.inner.get(key);
  }
  set(...args: Parameters<StateStoreInterface['set']>) {
    this.#note('set');
    return this.inner.set(...args);
  }
  delete(key: string) {
    this.#note('delete');
    return this.inner.delete(key);
  }
  list(owner: string) {
    this.#note('list');
    return this.inner.list(owner);
  }
  #note(call: string): void {
    this.calls.push(call);
    if (this.isDown) throw new Error('down');
  }
}

function probe(): Constructor<object> {
  @JsonController()
  class Probe {
    @Authorized() @Get('/who') who(@CurrentAuthentication() login: Authentication) {
      const { user, provedBy, methods, factors, sessionId, authenticatedAt } = login;
      return { username: user.username, provedBy, methods, factors, sessionId, authenticatedAt };
    }
    @Get('/open') open(@CurrentUser() user?: User) {
      return { username: user?.username ?? null };
    }
    @Authorized() @Post('/change') change() {
      return 'ok';
    }
    @Authorized(recentLogin({ maxAgeSeconds: 300 })) @Get('/recent') recent() {
      return 'ok';
    }
    @Authorized('editor') @Get('/edit') edit() {
      return 'ok';
    }
  }
  return Probe;
}

interface SetUp {
  readonly service?: Partial<SessionServiceOptions>;
  readonly controller?: Partial<SessionControllerOptions>;
  readonly security?: Partial<SecurityOptions>;
  /** Before that of sessions, in place of the usual. */
  readonly providers?: readonly Constructor<AuthProviderInterface>[];
}

for (const driver of OWN_DRIVERS) {
  describe(`Sessions on ${driver.name}`, () => {
    let now: number;
    let state: WatchedState;
    let users: User[];
    let events: SecurityEvent[];
    let log: string[];

    beforeEach(async () => {
      reset();
      now = START;
      state = new WatchedState(() => now);
      events = [];
      log = [];
      users = [
        {
          username: 'ann',
          password: await HASH,
          roles: ['editor'],
          id: 7,
          tokensValidFrom: new Date(START - 1000),
        },
        { username: 'ben', password: await HASH, id: 8, tokensValidFrom: new Date(START - 1000) },
      ];
    });

    const start = async ({ service = {}, controller = {}, security = {}, providers }: SetUp = {}) => {
      class Sessions extends SessionService {
        constructor() {
          super({ state, ...service });
        }
      }
      class Tokens extends TokenService {
        constructor() {
          super({
            secret: 'a secret of more than thirty-two bytes',
            issuer: 't',
            audience: 't',
            clock: () => now,
          });
        }
      }
      const sessions = new Sessions();
      const tokens = new Tokens();
      let asked = 0;
      class Users extends MemoryUserstore {
        constructor() {
          super({ users });
        }
        override getUser(name: string) {
          asked += 1;
          return super.getUser(name);
        }
      }
      class Password extends CheapPasswordProvider {}
      class Token extends TokenProvider {
        constructor() {
          super(tokens);
        }
      }
      class Session extends SessionProvider {
        constructor() {
          super(sessions);
        }
      }
      const store = new Users();
      const known = new Map<unknown, unknown>([[Sessions, sessions], [Tokens, tokens], [Users, store]]); // prettier-ignore
      const container = {
        get: <T>(cls: Constructor<T>): T => {
          const instance: unknown = known.get(cls) ?? new (cls as new () => object)();
          known.set(cls, instance);
          return instance as T;
        },
      };
      const logger = { info: keep, warn: keep, error: keep };
      function keep(line: string) {
        log.push(line);
      }
      @JsonController()
      class Own {
        @Public() @Post('/own-login') async login(@Req() request: IncomingMessage) {
          return sessions.start(new Authentication(users[0]!), request);
        }
        @Authorized() @Post('/renew') renew(@Req() request: IncomingMessage) {
          return sessions.strengthen({ method: 'otp', at: new Date(now) }, request);
        }
        @Authorized() @Post('/token') async token(@CurrentAuthentication() login: Authentication) {
          return tokens.issue(login);
        }
        @Authorized() @Post('/start') async start(
          @Req() request: IncomingMessage,
          @CurrentAuthentication() login: Authentication,
        ) {
          return sessions.start(login, request);
        }
      }
      const api = await SecuredServer.start(driver, {
        controllers: [
          probe(),
          Own,
          sessionController({ sessions: Sessions, ...controller }),
          passwordController({ sessions: Sessions }),
        ],
        security: {
          container,
          userstores: [Users],
          providers: [...(providers ?? [Password, Token]), Session],
          clock: () => now,
          onEvent: (event) => void events.push(event),
          logger,
          ...security,
        },
      });
      const browser = () => new Browser(api.server);
      const logIn = async (name = 'ann', own = browser()) => {
        const reply = await own.send('POST', '/session', { body: { username: name, password: PASSWORD } });
        expect(reply.status, reply.text).to.equal(200);
        return own;
      };
      return Object.assign(api, { browser, logIn, sessions, tokens, store, asked: () => asked });
    };

    it('begin by JSON with one cookie, which opens guarded actions', async () => {
      await using api = await start();
      const browser = api.browser();
      const reply = await browser.send('POST', '/session', { body: { username: 'ann', password: PASSWORD } });
      expect([reply.status, reply.json()]).to.deep.equal([200, { username: 'ann' }]);
      expect(reply.headers['cache-control']).to.equal('no-store');
      const [line = ''] = reply.cookies.filter((cookie) => cookie.startsWith(`${NAME}=`));
      expect(line).to.match(/^__Host-session=[\w-]{22}\.[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Secure$/);
      const who = (await browser.get('/who')).json();
      expect(who).to.deep.include({ username: 'ann', provedBy: 'session', methods: ['pwd'] });
      expect(who['factors']).to.deep.equal([{ method: 'pwd', at: new Date(START).toISOString() }]);
      expect((await browser.get('/edit')).status).to.equal(200);
      expect(events.map(({ type }) => type).slice(0, 2)).to.deep.equal(['authenticated', 'logged_in']);
      expect(events[1]).to.deep.include({ user: 'ann', methods: ['pwd'], sessionId: who['sessionId'] });
    });

    it('begin by a form, which is sent on by 303 to a path of the app only', async () => {
      await using api = await start({ controller: { home: '/welcome' } });
      const form = { username: 'ann', password: PASSWORD };
      for (const [returnTo, location] of [
        ['/notes?x=1', '/notes?x=1'],
        ['//evil.example', '/welcome'],
        ['https://evil.example', '/welcome'],
        ['/\\evil.example', '/welcome'],
        ['', '/welcome'],
      ] as const) {
        const browser = api.browser();
        const { status, headers } = await browser.send('POST', '/session', { form: { ...form, returnTo } });
        expect([status, headers['location']]).to.deep.equal([303, location]);
        expect((await browser.get('/who')).status).to.equal(200);
      }
    });

    it('do not begin by what is wrong, and the login page hears of a form', async () => {
      await using api = await start({ security: { loginPage: '/sign-in' } });
      const wrong = { username: 'ann', password: 'wrong' };
      const json = await api.browser().send('POST', '/session', { body: wrong });
      expect([json.status, json.headers['www-authenticate'], json.cookies]).to.deep.equal([
        401,
        'Session realm="api"',
        [],
      ]);
      const form = await api.browser().send('POST', '/session', { form: { ...wrong, returnTo: '/a?b' } });
      expect([form.status, form.headers['location'], form.headers['www-authenticate']]).to.deep.equal([
        303,
        '/sign-in?error=invalid_credentials&returnTo=%2Fa%3Fb',
        undefined,
      ]);
      for (const body of [
        {},
        { username: 'ann' },
        { username: 7, password: 'x' },
        { username: 'ann', password: [] },
      ]) {
        const { status, headers, text } = await api.browser().send('POST', '/session', { body });
        expect([status, headers['www-authenticate'], JSON.parse(text).code]).to.deep.equal([
          400,
          undefined,
          'invalid_request',
        ]);
      }
      expect(state.calls).to.deep.equal([]);
    });

    it('are 429 where a password must wait', async () => {
      class Slow extends CheapPasswordProvider {
        override authenticate(): never {
          throw new ThrottledError({ retryAfterSeconds: 7 });
        }
      }
      await using api = await start({ providers: [Slow] });
      const login = { username: 'ann', password: PASSWORD };
      const json = await api.browser().send('POST', '/session', { body: login });
      expect([json.status, json.headers['retry-after']]).to.deep.equal([429, '7']);
      const form = await api.browser().send('POST', '/session', { form: login });
      expect(form.headers['location']).to.equal('/login?error=too_many_attempts');
    });

    it('always begin anew: the session of the browser ends, and a cookie from elsewhere is never taken over', async () => {
      await using api = await start();
      const browser = await api.logIn();
      const before = browser.copy();
      await api.logIn('ben', browser);
      expect((await browser.get('/who')).json()['username']).to.equal('ben');
      expect((await before.get('/who')).status).to.equal(401);
      expect(events.filter(({ type }) => type === 'session_ended')).to.have.length(1);
      expect(events.find(({ type }) => type === 'session_ended')).to.include({
        user: 'ann',
        reason: 'replaced',
      });
      const fixated = api.browser();
      fixated.cookies.set(NAME, `${'A'.repeat(22)}.${'A'.repeat(43)}`);
      await api.logIn('ann', fixated);
      expect(fixated.cookies.get(NAME)).not.to.contain('AAAA');
    });

    it('are nobody for a cookie that opens nothing: 401 where guarded, anonymous where open, and never cleared', async () => {
      await using api = await start();
      const value = (await api.logIn()).cookies.get(NAME) ?? '';
      const [handle = '', secret = ''] = value.split('.');
      for (const wrong of [
        '',
        'x',
        `${handle}.`,
        `${handle}.${'A'.repeat(43)}`,
        `${'B'.repeat(22)}.${secret}`,
        `${value}x`,
        `${handle}.${secret.slice(0, -1)}`,
        value.toUpperCase(),
        `"${value}"`,
        `${secret}.${handle}`,
        `${handle}.${secret}; ${NAME}=${value}`,
        '__proto__',
        `${'é'.repeat(22)}.${secret}`,
      ]) /* prettier-ignore */ {
        const headers = { cookie: Buffer.from(`${NAME}=${wrong}`).toString('latin1') };
        const guarded = await api.browser().get('/who', headers);
        expect([guarded.status, guarded.json()['code']], wrong).to.deep.equal([401, 'authentication_required']);
        const open = await api.browser().get('/open', headers);
        expect([open.json(), open.cookies]).to.deep.equal([{ username: null }, []]);
      }
      for (const cookie of [
        `session=${value}`,
        `__host-session=${value}`,
        `${NAME}-half=${value}`,
        `x${NAME}=${value}`,
      ]) {
        expect((await api.browser().get('/who', { cookie })).status, cookie).to.equal(401);
      }
      expect((await api.browser().get('/who', { cookie: `a=b; ${NAME}=${value}; c=d` })).status).to.equal(
        200,
      );
    });

    it('end when they are not used, and at last, whatever the clock does', async () => {
      await using api = await start({ service: { idleSeconds: 600, maxSeconds: 3600 } });
      const browser = await api.logIn();
      for (let minute = 0; minute < 5; minute += 1) {
        now += 599_000;
        expect((await browser.get('/who')).status).to.equal(200);
      }
      now += 601_000;
      expect((await browser.get('/who')).status).to.equal(401);
      const other = await api.logIn('ben');
      const ends = now + 3_600_000;
      // A clock that was set back extends nothing.
      now -= 300_000;
      while (now < ends - 590_000) {
        expect((await other.get('/who')).status).to.equal(200);
        now += 590_000;
      }
      await other.get('/who');
      now = ends;
      expect((await other.get('/who')).status).to.equal(401);
    });

    it('ask the state and the userstore once, and write only when the last write is old', async () => {
      await using api = await start({ service: { idleSeconds: 600 } });
      const browser = await api.logIn();
      const counted = async () => {
        state.calls.length = 0;
        const before = api.asked();
        await browser.get('/who');
        return [state.calls.join(' '), api.asked() - before];
      };
      expect(await counted()).to.deep.equal(['get', 1]);
      now += 60_000;
      expect(await counted()).to.deep.equal(['get', 1]);
      now += 1;
      expect(await counted()).to.deep.equal(['get set', 1]);
      expect(await counted()).to.deep.equal(['get', 1]);
      state.calls.length = 0;
      const before = api.asked();
      await api.browser().get('/open');
      expect([state.calls, api.asked() - before]).to.deep.equal([[], 0]);
    });

    it('are 503 while state or userstore are down, on open actions too, and without a cookie nobody asks them', async () => {
      await using api = await start();
      const browser = await api.logIn();
      state.isDown = true;
      for (const path of ['/who', '/open'])
        expect((await browser.get(path)).status, path).to.be.oneOf([500, 503]);
      expect((await api.browser().get('/open')).status).to.equal(200);
      const login = await api
        .browser()
        .send('POST', '/session', { body: { username: 'ann', password: PASSWORD } });
      expect([login.status, login.cookies]).to.deep.equal([500, []]);
      const end = await browser.send('DELETE', '/session');
      expect(end.status).to.be.oneOf([500, 503]);
      expect(
        end.cookies.some((line) => line.startsWith(`${NAME}=;`)),
        'cleared',
      ).to.equal(true);
    });

    it('end by DELETE and by a form, also where there is none, and the browser forgets its pages', async () => {
      await using api = await start();
      const browser = await api.logIn();
      const copy = browser.copy();
      const reply = await browser.send('DELETE', '/session');
      expect([reply.status, reply.text, reply.headers['clear-site-data']]).to.deep.equal([
        204,
        '',
        '"cache"',
      ]);
      expect(reply.cookies).to.deep.equal([`${NAME}=; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=0`]);
      expect((await copy.get('/who')).status).to.equal(401);
      expect((await browser.send('DELETE', '/session')).status).to.equal(204);
      const other = await api.logIn();
      const form = await other.send('POST', '/session/end', { form: {} });
      expect([form.status, form.headers['location']]).to.deep.equal([303, '/login']);
      expect((await other.get('/who')).status).to.equal(401);
      expect(events.filter(({ type }) => type === 'logged_out')).to.have.length(2);
    });

    it('are listed, and ended one by one and all but the own, each user for themselves', async () => {
      await using api = await start();
      const one = await api.logIn();
      now += 1000;
      const two = await api.logIn();
      const bens = await api.logIn('ben');
      const own = (await two.get('/session')).json();
      expect(own).to.include({ username: 'ann', isCurrent: true, startedAt: new Date(now).toISOString() });
      expect(own).not.to.have.property('secret');
      const all = (await two.get('/session/all')).json() as unknown as { id: string; isCurrent: boolean }[];
      expect(all.map(({ isCurrent }) => isCurrent)).to.deep.equal([true, false]);
      const benId = (await bens.get('/session')).json()['id'] as string;
      expect((await two.send('DELETE', `/session/all/${benId}`)).status).to.equal(404);
      expect((await two.send('DELETE', '/session/all/x')).status).to.equal(404);
      expect((await bens.get('/who')).status).to.equal(200);
      const other = all[1]?.id ?? '';
      expect((await two.send('DELETE', `/session/all/${other}`)).status).to.equal(204);
      expect((await two.send('DELETE', `/session/all/${other}`)).status).to.equal(404);
      expect((await one.get('/who')).status).to.equal(401);
      const three = await api.logIn();
      expect((await two.send('DELETE', '/session/all')).status).to.equal(204);
      expect([
        (await two.get('/who')).status,
        (await three.get('/who')).status,
        (await bens.get('/who')).status,
      ]).to.deep.equal([200, 401, 200]);
      expect((await api.browser().get('/session/all', { authorization: BASIC('ann') })).status).to.equal(403);
    });

    it('end with the user, the account, the password and the person', async () => {
      await using api = await start();
      const changes: [string, (user: User) => User | undefined][] = [
        ['gone', () => undefined],
        ['inactive', (user) => ({ ...user, active: false })],
        ['stamp', (user) => ({ ...user, tokensValidFrom: new Date(START + 1) })],
        ['id', (user) => ({ ...user, id: 9 })],
      ];
      for (const [name, change] of changes) {
        const browser = await api.logIn();
        const [ann] = users as [User];
        const changed = change(ann);
        api.store.getUser = (username: string) => (username === 'ann' ? (changed ?? null) : null);
        expect((await browser.get('/who')).json()['code'], name).to.equal('authentication_required');
        expect((await browser.get('/open')).json(), name).to.deep.equal({ username: null });
        Reflect.deleteProperty(api.store, 'getUser');
        expect((await browser.get('/who')).status, name).to.equal(200);
      }
    });

    it('are as many as a user may have: the one ends that was used longest ago', async () => {
      await using api = await start({ service: { maxPerUser: 2 } });
      const browsers = [];
      for (const name of ['ann', 'ann', 'ben']) {
        browsers.push(await api.logIn(name));
        now += 1000;
      }
      now += 120_000;
      await browsers[0]?.get('/who');
      browsers.push(await api.logIn());
      const statuses = [];
      for (const browser of browsers) statuses.push((await browser.get('/who')).status);
      expect(statuses).to.deep.equal([200, 401, 200, 200]);
      expect(events.find(({ type }) => type === 'session_ended')).to.include({ reason: 'too_many' });
    });

    it('of two logins at once leave one where a user may have one', async () => {
      await using api = await start({ service: { maxPerUser: 1 } });
      const browsers = await Promise.all([api.logIn(), api.logIn(), api.logIn()]);
      const statuses = await Promise.all(browsers.map(async (browser) => (await browser.get('/who')).status));
      expect(statuses.toSorted()).to.deep.equal([200, 401, 401]);
    });

    it('get a new secret by a factor, and the former one counts for a moment, with what was proved then', async () => {
      await using api = await start({ service: { graceSeconds: 10 } });
      const browser = await api.logIn();
      const before = browser.copy();
      now += 5000;
      const reply = await browser.send('POST', '/renew');
      expect(reply.json()['factors']).to.have.length(2);
      expect(browser.cookies.get(NAME)?.split('.')[0]).to.equal(before.cookies.get(NAME)?.split('.')[0]);
      expect(browser.cookies.get(NAME)).not.to.equal(before.cookies.get(NAME));
      expect((await browser.get('/who')).json()['methods']).to.deep.equal(['pwd', 'otp', 'mfa']);
      expect((await before.get('/who')).json()['methods']).to.deep.equal(['pwd']);
      now += 10_000;
      expect((await before.get('/who')).status).to.equal(401);
      expect((await browser.get('/who')).status).to.equal(200);
    });

    it('of twelve changes at once make one', async () => {
      await using api = await start();
      const browser = await api.logIn();
      const replies = await Promise.all(
        Array.from({ length: 12 }, () => browser.copy().send('POST', '/renew')),
      );
      expect(replies.map(({ status }) => status)).to.deep.equal(replies.map(() => 200));
      expect(replies.filter(({ cookies }) => cookies.length > 0)).to.have.length(1);
    });

    it('are proved once more by the password of their user', async () => {
      await using api = await start();
      const browser = await api.logIn();
      now += 400_000;
      const stale = await browser.get('/recent');
      expect([stale.status, stale.headers['session-step-up']]).to.deep.equal([403, 'max_age="300"']);
      expect(
        (await browser.send('POST', '/session/password', { body: { password: 'wrong' } })).status,
      ).to.equal(401);
      const reply = await browser.send('POST', '/session/password', {
        form: { password: PASSWORD, returnTo: '/recent' },
      });
      expect([reply.status, reply.headers['location']]).to.deep.equal([303, '/recent']);
      expect((await browser.get('/recent')).status).to.equal(200);
      expect(events.some(({ type }) => type === 'stepped_up')).to.equal(true);
      expect(
        (await api.browser().send('POST', '/session/password', { body: { password: PASSWORD } })).status,
      ).to.equal(401);
      const form = { password: PASSWORD, returnTo: '/recent' };
      const ended = await api.browser().send('POST', '/session/password', { form });
      expect([ended.status, ended.headers['location']]).to.deep.equal([
        303,
        '/login?error=login_expired&returnTo=%2Frecent',
      ]);
    });

    it('end by a changed password, but for the one that changed it, whose former secret ends at once', async () => {
      await using api = await start();
      const browser = await api.logIn();
      const other = await api.logIn();
      const former = browser.copy();
      now += 400_000;
      const body = { currentPassword: PASSWORD, newPassword: 'another long password' };
      const reply = await browser.send('PUT', '/password', { body });
      expect([reply.status, reply.text]).to.deep.equal([204, '']);
      const who = await browser.get('/who');
      expect(who.json()['factors']).to.deep.equal([{ method: 'pwd', at: new Date(now).toISOString() }]);
      expect([(await other.get('/who')).status, (await former.get('/who')).status]).to.deep.equal([401, 401]);
      const next = await api
        .browser()
        .send('POST', '/session', { body: { username: 'ann', password: 'another long password' } });
      expect(next.status).to.equal(200);
    });

    it('begin by no token, key or session', async () => {
      await using api = await start();
      const browser = await api.logIn();
      expect((await browser.send('POST', '/start')).status).to.equal(403);
      const { token } = (await browser.send('POST', '/token')).json();
      const byToken = await api
        .browser()
        .send('POST', '/start', { headers: { authorization: `Bearer ${String(token)}` } });
      expect([byToken.status, byToken.cookies]).to.deep.equal([403, []]);
      const byBasic = await api
        .browser()
        .send('POST', '/start', { headers: { authorization: BASIC('ann') } });
      expect(byBasic.status).to.equal(200);
    });

    it('bind the tokens that they issue', async () => {
      await using api = await start({ service: { maxSeconds: 600 } });
      const browser = await api.logIn();
      now += 300_000;
      const issued = (await browser.send('POST', '/token')).json() as unknown as {
        token: string;
        expiresInSeconds: number;
      };
      const { exp } = JSON.parse(Buffer.from(issued.token.split('.')[1] ?? '', 'base64url').toString()) as {
        exp: number;
      };
      expect(exp).to.be.at.most((START + 600_000) / 1000);
    });

    it('begin in an app of its own actions, with what @Req() injects', async () => {
      await using api = await start();
      const browser = api.browser();
      const reply = await browser.send('POST', '/own-login');
      expect([reply.status, (await browser.get('/who')).json()['username']]).to.deep.equal([200, 'ann']);
    });

    it('let no foreign page log anybody in or out, or change anything', async () => {
      await using api = await start({ security: { trustedOrigins: ['https://app.example'] } });
      const browser = await api.logIn();
      const foreign: Record<string, string | undefined>[] = [
        { 'sec-fetch-site': 'cross-site' },
        { 'sec-fetch-site': 'same-site' },
        { 'sec-fetch-site': undefined, origin: 'https://evil.example' },
        { 'sec-fetch-site': undefined, origin: 'null' },
        { 'sec-fetch-site': undefined },
      ];
      const routes: [string, string][] = [
        ['POST', '/session'], ['DELETE', '/session'], ['POST', '/session/end'], ['POST', '/session/password'],
        ['DELETE', '/session/all'], ['DELETE', '/session/all/x'], ['POST', '/change'],
      ]; // prettier-ignore
      for (const headers of foreign) {
        for (const [method, path] of routes) {
          const form = { username: 'ben', password: PASSWORD };
          const { status, text, cookies } = await browser.send(method, path, {
            headers,
            ...(method === 'POST' && { form }),
          });
          expect(
            [status, text.includes('cross_site') || text, cookies],
            `${method} ${path} ${JSON.stringify(headers)}`,
          ).to.deep.equal([403, true, []]);
        }
      }
      expect((await browser.get('/who', { 'sec-fetch-site': 'cross-site' })).json()['username']).to.equal(
        'ann',
      );
      const trusted = { 'sec-fetch-site': 'cross-site', origin: 'https://app.example' };
      expect((await browser.send('POST', '/change', { headers: trusted })).status).to.equal(200);
    });

    it('are for https: a login over plain http from elsewhere is refused, before the browser drops the cookie', async () => {
      await using api = await start({ security: { trustProxy: 1 } });
      const body = { username: 'ann', password: PASSWORD };
      const from = (headers: Record<string, string>) =>
        api
          .browser()
          .send('POST', '/session', { body, headers: { 'x-forwarded-for': '203.0.113.7', ...headers } });
      const plain = await from({});
      expect([plain.status, plain.json()['code'], plain.cookies]).to.deep.equal([403, 'https_required', []]);
      expect((await from({ 'x-forwarded-proto': 'https' })).status).to.equal(200);
      expect((await from({ origin: 'https://app.example' })).status).to.equal(200);
      await using insecure = await start({
        service: { cookie: { insecure: true } },
        security: { trustProxy: 1 },
      });
      const reply = await insecure
        .browser()
        .send('POST', '/session', { body, headers: { 'x-forwarded-for': '203.0.113.7' } });
      expect(reply.cookies[0]).to.match(/^session=[^;]+; Path=\/; HttpOnly; SameSite=Lax$/);
    });

    it('have the cookie that the options say', async () => {
      const cookieOf = async (cookie: SessionServiceOptions['cookie']) => {
        await using api = await start({ service: { maxSeconds: 3600, ...(cookie && { cookie }) } });
        const reply = await api
          .browser()
          .send('POST', '/session', { body: { username: 'ann', password: PASSWORD } });
        return reply.cookies[0]?.replace(/=[\w-]+\.[\w-]+/, '=');
      };
      expect(await cookieOf({ name: 'notes', sameSite: 'strict', persistent: true })).to.equal(
        '__Host-notes=; Path=/; HttpOnly; SameSite=Strict; Secure; Max-Age=3600',
      );
      expect(await cookieOf({ sameSite: 'none' })).to.equal(
        '__Host-session=; Path=/; HttpOnly; SameSite=None; Secure',
      );
      expect(log.some((line) => line.includes('sameSite'))).to.equal(true);
    });

    it('stand beside Authorization, which comes first', async () => {
      await using api = await start();
      const browser = await api.logIn();
      expect((await browser.get('/who', { authorization: BASIC('ben') })).json()['username']).to.equal('ben');
      expect(
        (await browser.get('/who', { authorization: BASIC('ben', 'wrong') })).json()['username'],
      ).to.equal('ann');
      await using strict = await start({ security: { onBadCredentials: 'stop' } });
      const other = await strict.logIn();
      expect((await other.get('/who', { authorization: BASIC('ben', 'wrong') })).status).to.equal(401);
    });

    it('tell nothing of cookies in events, logs, errors and what is kept', async () => {
      await using api = await start();
      const browser = await api.logIn();
      await browser.send('POST', '/renew');
      const texts = [
        inspect(events, { depth: 9 }),
        log.join('\n'),
        inspect(api.sessions, { depth: 9, showHidden: true }),
        inspect(state, { depth: 9 }),
      ];
      const [handle = '', secret = ''] = (browser.cookies.get(NAME) ?? '').split('.');
      for (const text of texts) {
        expect(text).not.to.contain(secret);
        expect(text).not.to.contain(handle);
      }
    });
  });
}

describe('An app with sessions', () => {
  beforeEach(reset);

  const refused = (make: () => unknown): string => {
    try {
      make();
    } catch (error) {
      return (error as Error).message;
    }
    return 'nothing';
  };
  const state = new MemoryState();

  it('needs a provider of them, and one of passwords', () => {
    class Sessions extends SessionService {
      constructor() {
        super({ state });
      }
    }
    class Session extends SessionProvider {
      constructor() {
        super(Container.sessions);
      }
    }
    class Users extends MemoryUserstore {
      constructor() {
        super({ users: [] });
      }
    }
    class Password extends CheapPasswordProvider {}
    const Container = { sessions: new Sessions() };
    const instances = new Map<unknown, unknown>([[Sessions, Container.sessions]]);
    const container = {
      get: <T>(cls: Constructor<T>): T => {
        const instance: unknown = instances.get(cls) ?? new (cls as new () => object)();
        instances.set(cls, instance);
        return instance as T;
      },
    };
    const build = (providers: Constructor<AuthProviderInterface>[], passwords = true) =>
      refused(() => {
        const [koa] = DRIVERS;

        koa?.build(
          secured({
            controllers: [sessionController({ sessions: Sessions, passwords })],
            security: { container, userstores: [Users], providers },
          }),
        );
      });
    expect(build([Password])).to.contain('SessionProvider');
    expect(build([Session])).to.contain('PasswordProvider');
    expect(build([Session], false)).to.equal('nothing');
    expect(build([Password, Session])).to.equal('nothing');
  });

  for (const [name, options] of [
    ['no state', {}],
    ['an idle time beyond the life', { state, idleSeconds: 7200, maxSeconds: 3600 }],
    ['an unknown option', { state, idleseconds: 60 }],
    ['too many', { state, maxPerUser: 101 }],
    ['a name with a prefix', { state, cookie: { name: '__Host-x' } }],
    ['an insecure cookie for all sites', { state, cookie: { insecure: true, sameSite: 'none' } }],
    ['a misspelt attribute', { state, cookie: { samesite: 'lax' } }],
  ] as const) {
    it(`refuses ${name}`, () => {
      expect(refused(() => new SessionService(options as unknown as SessionServiceOptions))).to.contain(
        'SessionService',
      );
    });
  }

  it('refuses a login page with a query, which gets one of its own', () => {
    class Sessions extends SessionService {}
    for (const loginPage of ['/login?from=app', '/login#form', 'https://other.example', '//other.example']) {
      expect(
        refused(() => sessionController({ sessions: Sessions, loginPage })),
        loginPage,
      ).to.contain('loginPage');
    }
    expect(refused(() => sessionController({ sessions: Sessions, loginPage: '/login' }))).to.equal('nothing');
  });

  it('refuses an insecure cookie in production', () => {
    const before = process.env['NODE_ENV'];
    process.env['NODE_ENV'] = 'production';
    try {
      expect(refused(() => new SessionService({ state, cookie: { insecure: true } }))).to.contain(
        'production',
      );
    } finally {
      if (before === undefined) delete process.env['NODE_ENV'];
      else process.env['NODE_ENV'] = before;
    }
  });
});
