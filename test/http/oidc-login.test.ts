import { generateKeyPairSync } from 'node:crypto';
import { inspect } from 'node:util';
import { expect } from 'chai';
import { Authorized, Get, JsonController } from 'routing-controllers';
import {
  Authentication,
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
  type StateStoreInterface,
  type User,
} from '../../src';
import { oidcLoginController, type OidcLoginControllerOptions } from '../../src/oidc';
import { Browser, type Reply } from '../support/browser';
import { OWN_DRIVERS } from '../support/own-drivers';
import { reset } from '../support/reset';
import { SecuredServer } from '../support/secured-server';
import { ACCESS_TOKEN, ScriptedProvider, sendJson } from '../support/scripted-provider';

const START = 1_800_000_000_000;
const SECRET = 'the secret of this client';
const BASE = 'https://notes.example/shop';

class BreakableState extends MemoryState implements StateStoreInterface {
  isDown = false;
  writes = 0;
  override set(...args: Parameters<MemoryState['set']>) {
    this.writes += 1;
    if (this.isDown) throw new ServiceUnavailableError();
    return super.set(...args);
  }
  override get(key: string) {
    if (this.isDown) throw new ServiceUnavailableError();
    return super.get(key);
  }
  override delete(key: string) {
    if (this.isDown) throw new ServiceUnavailableError();
    return super.delete(key);
  }
}

for (const driver of OWN_DRIVERS) {
  describe(`Logins at a provider on ${driver.name}`, () => {
    let now: number;
    let provider: ScriptedProvider;
    let state: BreakableState;
    let users: User[];
    let events: SecurityEvent[];
    let log: string[];

    beforeEach(async () => {
      reset();
      now = START;
      provider = await ScriptedProvider.start();
      provider.now = () => now;
      state = new BreakableState({ clock: () => now });
      users = [
        { username: 'ann', id: 7, tokensValidFrom: new Date(START - 1000) },
        { username: 'idle', id: 8, active: false },
        { username: 'zoe', id: 9 },
      ];
      events = [];
      log = [];
    });
    afterEach(() => provider.close());

    const start = async (
      options: Partial<OidcLoginControllerOptions> = {},
      others: Partial<OidcLoginControllerOptions>[] = [],
    ) => {
      class Sessions extends SessionService {
        constructor() {
          super({ state });
        }
      }
      const sessions = new Sessions();
      class Session extends SessionProvider {
        constructor() {
          super(sessions);
        }
      }
      class Users extends MemoryUserstore {
        constructor() {
          super({ users });
        }
      }
      @JsonController()
      class Probe {
        @Authorized() @Get('/who') who(@CurrentAuthentication() login: Authentication) {
          const { user, provedBy, factors, claims, sessionId } = login;
          return { username: user.username, provedBy, factors, claims, sessionId };
        }
        @Authorized(recentLogin({ maxAgeSeconds: 300 })) @Get('/recent') recent() {
          return 'ok';
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
      const keep = (line: string, cause?: unknown) => void log.push(`${line} ${inspect(cause)}`);
      const all = [options, ...others].map((own) =>
        oidcLoginController({
          sessions: Sessions,
          issuer: provider.issuer,
          clientId: 'notes',
          ...(own.privateKey === undefined && { clientSecret: SECRET }),
          baseUrl: BASE,
          user: ({ subject }) => ({ 'u-1': 'ann', 'u-2': 'idle', 'u-3': 'gone', 'u-5': 'zoe' })[subject],
          ...own,
        }),
      );
      const api = await SecuredServer.start(driver, {
        routePrefix: '/api',
        controllers: [Probe, sessionController({ sessions: Sessions, passwords: false }), ...all],
        security: {
          container,
          userstores: [Users],
          providers: [Session],
          clock: () => now,
          loginPage: '/sign-in',
          onEvent: (event) => void events.push(event),
          logger: { info: keep, warn: keep, error: keep },
        },
      });
      return Object.assign(api, { browser: () => new Browser(api.server) });
    };

    const begin = async (browser: Browser, query = '') => {
      const reply = await browser.get(`/api/oidc/login${query}`);
      expect(reply.status, reply.text).to.equal(303);
      return ScriptedProvider.authorization(reply.headers['location']);
    };
    const answer = (browser: Browser, query: Record<string, string>, path = '/api/oidc/callback') =>
      browser.get(`${path}?${new URLSearchParams({ iss: provider.issuer, ...query }).toString()}`);
    const logIn = async (browser: Browser, claims: Record<string, unknown> = {}, query = '') => {
      const { state: value, nonce } = await begin(browser, query);
      const idToken = await provider.grant(nonce, claims);
      return { idToken, reply: await answer(browser, { state: value, code: 'good' }) };
    };
    const seen = ({ status, headers }: Reply) => [status, headers['location']];

    it('begin by a redirect that says all, with a cookie of its own, and the start prints the redirect URI', async () => {
      await using api = await start();
      const printed = log.filter((line) => line.includes('redirect_uri'));
      expect(printed).to.have.length(1);
      // The path of a mount is not known before the first request.
      const shown = driver.isPlain ? '/shop/oidc/callback, or below a mount' : '/shop/api/oidc/callback';
      expect(printed[0]).to.contain(`https://notes.example${shown}`);
      const browser = api.browser();
      const reply = await browser.get('/api/oidc/login?returnTo=/notes&maxAge=300&acr=gold%20silver');
      expect([reply.status, reply.headers['cache-control']]).to.deep.equal([303, 'no-store']);
      const { url, state: value, challenge } = ScriptedProvider.authorization(reply.headers['location']);
      const { nonce, code_challenge, state: ignored, ...rest } = Object.fromEntries(url.searchParams);
      expect(`${url.origin}${url.pathname}`).to.equal(`${provider.issuer}/auth`);
      expect([nonce, code_challenge, ignored].every((part) => /^[\w-]{43}$/.test(part!))).to.equal(true);
      expect(rest).to.deep.equal({
        tenant: '1',
        client_id: 'notes',
        response_type: 'code',
        redirect_uri: 'https://notes.example/shop/api/oidc/callback',
        scope: 'openid',
        code_challenge_method: 'S256',
        max_age: '300',
        acr_values: 'gold silver',
      });
      expect(reply.cookies).to.have.length(1);
      expect(reply.cookies[0]).to.match(
        new RegExp(
          `^__Host-login-${value.slice(0, 16)}=[\\w.-]+; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=600$`,
        ),
      );
      expect(reply.cookies[0]).not.to.contain(challenge);
      expect(state.writes).to.equal(0);
    });

    it('end in a session, and the login cookie is gone', async () => {
      await using api = await start();
      const browser = api.browser();
      const { reply } = await logIn(
        browser,
        { auth_time: now / 1000 - 60, acr: 'gold' },
        '?returnTo=/notes?x=1',
      );
      expect(seen(reply)).to.deep.equal([303, '/notes?x=1']);
      expect([...browser.cookies.keys()]).to.deep.equal(['__Host-session']);
      const who = (await browser.get('/api/who')).json();
      expect(who).to.deep.include({
        username: 'ann',
        provedBy: 'session',
        factors: [{ method: 'idp', at: new Date(now - 60_000).toISOString() }],
        claims: { issuer: provider.issuer, subject: 'u-1', acr: 'gold' },
      });
      const [asked] = provider.server.asked.filter(({ path }) => path === '/token');
      const form = Object.fromEntries(new URLSearchParams(asked!.body));
      expect(form).to.deep.include({
        grant_type: 'authorization_code',
        code: 'good',
        redirect_uri: 'https://notes.example/shop/api/oidc/callback',
      });
      expect(form['code_verifier']).to.match(/^[\w-]{43}$/);
      expect(asked!.headers.authorization).to.equal(
        `Basic ${Buffer.from(`notes:${SECRET.replaceAll(' ', '+')}`).toString('base64')}`,
      );
      expect(events.map(({ type }) => type)).to.include('logged_in');
      expect((await browser.get('/api/recent')).status).to.equal(200);
    });

    it('never take the time of the token for that of the login', async () => {
      await using api = await start();
      const browser = api.browser();
      await logIn(browser);
      const who = (await browser.get('/api/who')).json();
      expect(who['factors']).to.deep.equal([{ method: 'idp', at: null }]);
      expect((await browser.get('/api/recent')).status).to.equal(403);
    });

    it('ask the provider once, as soon as discovery and keys are known', async () => {
      await using api = await start();
      await logIn(api.browser());
      const before = provider.server.asked.length;
      await logIn(api.browser());
      expect(provider.server.asked.slice(before).map(({ path }) => path)).to.deep.equal(['/token']);
    });

    it('replace the session that the browser had', async () => {
      await using api = await start();
      const browser = api.browser();
      await logIn(browser);
      const before = browser.copy();
      const { reply } = await logIn(browser);
      expect(reply.status).to.equal(303);
      expect((await browser.get('/api/who')).status).to.equal(200);
      expect((await before.get('/api/who')).status).to.equal(401);
    });

    it('go on in three tabs at once, in any order', async () => {
      await using api = await start();
      const browser = api.browser();
      const tabs = [];
      for (const page of ['/a', '/b', '/c'])
        tabs.push({ page, ...(await begin(browser, `?returnTo=${page}`)) });
      for (const { page, state: value, nonce } of tabs.reverse()) {
        await provider.grant(nonce);
        expect(seen(await answer(browser, { state: value, code: 'good' }))).to.deep.equal([303, page]);
      }
    });

    it('are at most as many as the option says in one browser, and the oldest goes', async () => {
      await using api = await start({ maxOpenLogins: 2 });
      const browser = api.browser();
      const tabs = [];
      for (let count = 0; count < 3; count += 1) {
        tabs.push(await begin(browser));
        now += 1000;
      }
      expect(browser.cookies.size).to.equal(2);
      const outcomes = [];
      for (const { state: value, nonce } of tabs) {
        await provider.grant(nonce);
        outcomes.push(seen(await answer(browser, { state: value, code: 'good' }))[1]);
      }
      expect(outcomes).to.deep.equal(['/sign-in?error=login_expired', '/', '/']);
    });

    it('never fill the headers of a browser', async () => {
      await using api = await start({ maxOpenLogins: 10 });
      const browser = api.browser();
      for (let count = 0; count < 12; count += 1) {
        await begin(browser, `?returnTo=/${'x'.repeat(1990)}`);
        now += 1000;
      }
      const bytes = [...browser.cookies].flat().join('=; ').length;
      expect(bytes).to.be.below(8300);
      expect((await browser.get('/api/who')).status).to.equal(401);
    });

    it('take about 1 KB of cookies for five', async () => {
      await using api = await start();
      const browser = api.browser();
      for (let count = 0; count < 5; count += 1) await begin(browser, '?maxAge=300');
      expect([...browser.cookies].flat().join('=; ').length).to.be.below(1024);
    });

    it('go home where the way back is not of this app', async () => {
      await using api = await start();
      for (const to of ['//evil.example', 'https://evil.example', '/\\evil.example', '/%09/evil', '/ a']) {
        const { reply } = await logIn(api.browser(), {}, `?returnTo=${encodeURIComponent(to)}`);
        expect(seen(reply)[1], to).to.be.oneOf(['/', '/%09/evil']);
      }
    });

    it('refuse wishes that they cannot hand on', async () => {
      await using api = await start();
      for (const query of [
        'maxAge=-1',
        'maxAge=1.5',
        'maxAge=5m',
        'maxAge=1&maxAge=2',
        'acr=%0a',
        'acr=a&acr=b',
      ]) {
        expect((await api.browser().get(`/api/oidc/login?${query}`)).status, query).to.equal(400);
      }
    });

    describe('expire', () => {
      const expired = [303, '/sign-in?error=login_expired'];
      const count = () => provider.server.count('/token');

      it('when the answer comes twice', async () => {
        await using api = await start();
        const browser = api.browser();
        const { state: value, nonce } = await begin(browser);
        await provider.grant(nonce);
        await answer(browser, { state: value, code: 'good' });
        expect(seen(await answer(browser, { state: value, code: 'good' }))).to.deep.equal(expired);
        expect(count()).to.equal(1);
      });

      it('in another browser, and without asking the provider', async () => {
        await using api = await start();
        const { state: value, nonce } = await begin(api.browser());
        await provider.grant(nonce);
        expect(seen(await answer(api.browser(), { state: value, code: 'good' }))).to.deep.equal(expired);
        const other = api.browser();
        await begin(other);
        expect(seen(await answer(other, { state: value, code: 'good' }))).to.deep.equal(expired);
        expect(count()).to.equal(0);
      });

      it('for a state that is unknown, of another form or changed', async () => {
        await using api = await start();
        const browser = api.browser();
        const { state: value } = await begin(browser);
        const flipped = `${value.slice(0, -1)}${value.endsWith('A') ? 'B' : 'A'}`;
        for (const wrong of [
          '',
          'x',
          'x'.repeat(43),
          flipped,
          `${value}x`,
          `${value}\r\nx`,
          value.slice(0, 16),
        ]) {
          expect(seen(await answer(browser, { state: wrong, code: 'good' })), wrong).to.deep.equal(expired);
        }
        expect(seen(await browser.get('/api/oidc/callback'))).to.deep.equal(expired);
        expect(seen(await browser.get('/api/oidc/callback?error=access_denied'))).to.deep.equal(expired);
        expect(count()).to.equal(0);
      });

      it('for a cookie that was changed in any part, or is there twice', async () => {
        await using api = await start();
        const browser = api.browser();
        const { state: value, nonce } = await begin(browser, '?returnTo=/notes&maxAge=60');
        await provider.grant(nonce, { auth_time: now / 1000 });
        const [[name = '', cookie = ''] = []] = browser.cookies;
        const parts = cookie.split('.');
        const other = await begin(api.browser());
        expect(other.state).not.to.equal(value);
        for (let index = 0; index < parts.length; index += 1) {
          const changed = parts.map((part, at) =>
            at === index ? `${part.startsWith('1') ? '2' : '1'}${part.slice(1)}` : part,
          );
          browser.cookies.set(name, changed.join('.'));
          expect(seen(await answer(browser, { state: value, code: 'good' })), `${index}`).to.deep.equal(
            expired,
          );
        }
        browser.cookies.set(name, `${cookie}; ${name}=${cookie}`);
        expect(seen(await answer(browser, { state: value, code: 'good' }))).to.deep.equal(expired);
        browser.cookies.set(name, '');
        expect(seen(await answer(browser, { state: value, code: 'good' }))).to.deep.equal(expired);
        expect(count()).to.equal(0);
        browser.cookies.set(name, cookie);
        expect(seen(await answer(browser, { state: value, code: 'good' }))).to.deep.equal([303, '/notes']);
      });

      it('after ten minutes', async () => {
        await using api = await start();
        const browser = api.browser();
        const { state: value, nonce } = await begin(browser);
        now += 600_000;
        await provider.grant(nonce);
        expect(seen(await answer(browser, { state: value, code: 'good' }))).to.deep.equal(expired);
      });
    });

    it('refuse the answer to a login at another provider of the app', async () => {
      const other = await ScriptedProvider.start();
      try {
        await using api = await start({}, [{ path: '/other', issuer: other.issuer }]);
        const browser = api.browser();
        const { state: value, nonce } = await begin(browser);
        await provider.grant(nonce);
        const mixed = await answer(browser, { state: value, code: 'good' }, '/api/other/callback');
        expect(mixed.status).to.equal(400);
        expect(other.server.count('/token') + provider.server.count('/token')).to.equal(0);
      } finally {
        await other.close();
      }
    });

    describe('fail', () => {
      const failed = [303, '/sign-in?error=login_failed&returnTo=%2Fnotes'];

      it('for answers that are not of this provider, or say something twice', async () => {
        await using api = await start();
        const cases: [string, (value: string) => string][] = [
          ['another iss', (value) => `state=${value}&code=good&iss=https://evil.example`],
          ['no iss, though discovery announces it', (value) => `state=${value}&code=good`],
          ['iss twice', (value) => `state=${value}&code=good&iss=${provider.issuer}&iss=${provider.issuer}`],
          ['code twice', (value) => `state=${value}&code=good&code=bad&iss=${provider.issuer}`],
          ['no code', (value) => `state=${value}&iss=${provider.issuer}`],
          ['an empty code', (value) => `state=${value}&code=&iss=${provider.issuer}`],
          ['another error', (value) => `state=${value}&error=invalid_scope&iss=${provider.issuer}`],
          [
            'an error of another iss',
            (value) => `state=${value}&error=access_denied&iss=https://evil.example`,
          ],
        ];
        for (const [what, query] of cases) {
          const browser = api.browser();
          const { state: value, nonce } = await begin(browser, '?returnTo=/notes');
          await provider.grant(nonce);
          const reply = await browser.get(`/api/oidc/callback?${query(value)}`);
          expect(seen(reply), what).to.deep.equal(failed);
          expect(browser.cookies.size, what).to.equal(0);
        }
        expect(provider.server.count('/token')).to.equal(0);
        const browser = api.browser();
        const { state: value } = await begin(browser);
        const twice = await browser.get(`/api/oidc/callback?state=${value}&state=${value}&code=good`);
        expect(seen(twice)).to.deep.equal([303, '/sign-in?error=login_failed']);
      });

      it('where a provider that announces no iss sends that of another', async () => {
        provider.discover({ authorization_response_iss_parameter_supported: undefined });
        await using api = await start();
        const browser = api.browser();
        const one = await begin(browser, '?returnTo=/notes');
        expect(
          seen(await answer(browser, { state: one.state, code: 'good', iss: 'https://evil.example' })),
        ).to.deep.equal(failed);
        const two = await begin(browser);
        await provider.grant(two.nonce);
        const reply = await browser.get(`/api/oidc/callback?state=${two.state}&code=good`);
        expect(seen(reply)).to.deep.equal([303, '/']);
      });

      it('for every ID token that does not prove this login', async () => {
        await using api = await start();
        const foreign = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
        const seconds = now / 1000;
        const cases: [string, Record<string, unknown>, Parameters<ScriptedProvider['grant']>[2]?][] = [
          ['signed by another key', {}, { key: foreign }],
          ['of an unknown kid', {}, { header: { kid: 'two' } }],
          ['of another type', {}, { header: { typ: 'at+jwt' } }],
          ['that is a logout token', {}, { header: { typ: 'logout+jwt' } }],
          ['of another issuer', { iss: 'https://evil.example' }],
          ['with a slash more', { iss: `${provider.issuer}/` }],
          ['for another client', { aud: 'other' }],
          ['for two clients, without azp', { aud: ['notes', 'other'] }],
          ['for two clients, with the other as azp', { aud: ['notes', 'other'], azp: 'other' }],
          ['with another azp', { azp: 'other' }],
          ['without aud', { aud: undefined }],
          ['with another nonce', { nonce: 'n'.repeat(43) }],
          ['without a nonce', { nonce: undefined }],
          ['without sub', { sub: undefined }],
          ['with an empty sub', { sub: '' }],
          ['with a sub that is no text', { sub: 7 }],
          ['that has ended', { exp: seconds - 31 }],
          ['without an end', { exp: undefined }],
          ['of tomorrow', { iat: seconds + 31 }],
          ['without iat', { iat: undefined }],
          ['not yet good', { nbf: seconds + 31 }],
          ['with a login of tomorrow', { auth_time: seconds + 31 }],
          ['with an auth_time that is text', { auth_time: String(seconds) }],
          ['with the hash of another access token', { at_hash: 'x'.repeat(22) }],
          ['with a hash that is no text', { at_hash: 1 }],
          ['with a sid that is no text', { sid: 1 }],
        ];
        for (const [what, claims, signing] of cases) {
          const browser = api.browser();
          const { state: value, nonce } = await begin(browser, '?returnTo=/notes');
          await provider.grant(nonce, claims, signing);
          expect(seen(await answer(browser, { state: value, code: 'good' })), what).to.deep.equal(failed);
          expect(browser.cookies.size, what).to.equal(0);
        }
        expect(state.writes).to.equal(0);
        expect(events.every(({ type }) => type !== 'logged_in')).to.equal(true);
      });

      it('for an algorithm that the options do not have, and a token without a signature', async () => {
        await using api = await start({ algorithms: ['RS256'] });
        expect(seen((await logIn(api.browser(), {}, '?returnTo=/notes')).reply)).to.deep.equal(failed);
        const browser = api.browser();
        const { state: value, nonce } = await begin(browser, '?returnTo=/notes');
        const token = await provider.grant(nonce);
        const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${token.split('.')[1]}.`;
        provider.on('/token', { access_token: ACCESS_TOKEN, token_type: 'Bearer', id_token: none });
        expect(seen(await answer(browser, { state: value, code: 'good' }))).to.deep.equal(failed);
      });

      it('for replies of the token endpoint without an ID token, and codes that it refuses', async () => {
        await using api = await start();
        const replies: ((response: Parameters<typeof sendJson>[0]) => void)[] = [
          (response) => sendJson(response, { access_token: ACCESS_TOKEN, token_type: 'Bearer' }),
          (response) =>
            sendJson(response, { access_token: ACCESS_TOKEN, token_type: 'Bearer', id_token: 'x' }),
          (response) => sendJson(response, { id_token: 'x' }),
          (response) => sendJson(response, { error: 'invalid_grant' }, 400),
          (response) => sendJson(response, { error: 'invalid_request' }, 400),
        ];
        for (const send of replies) {
          const browser = api.browser();
          const { state: value } = await begin(browser, '?returnTo=/notes');
          provider.on('/token', (_, response) => send(response));
          expect(seen(await answer(browser, { state: value, code: 'good' }))).to.deep.equal(failed);
        }
      });

      it('for an account that is not active', async () => {
        await using api = await start();
        expect(seen((await logIn(api.browser(), { sub: 'u-2' }, '?returnTo=/notes')).reply)).to.deep.equal(
          failed,
        );
      });
    });

    it('say what else came to nothing', async () => {
      await using api = await start();
      for (const sub of ['u-3', 'u-4']) {
        const { reply } = await logIn(api.browser(), {
          sub,
          email: 'ann@notes.example',
          email_verified: true,
        });
        expect(seen(reply), sub).to.deep.equal([303, '/sign-in?error=no_account']);
      }
      const browser = api.browser();
      const { state: value } = await begin(browser);
      expect(seen(await answer(browser, { state: value, error: 'access_denied' }))).to.deep.equal([
        303,
        '/sign-in?error=access_denied',
      ]);
      expect(browser.cookies.size).to.equal(0);
      for (const error of ['server_error', 'temporarily_unavailable']) {
        const own = api.browser();
        const login = await begin(own);
        const reply = await answer(own, { state: login.state, error });
        expect([reply.status, reply.headers['retry-after'] !== undefined], error).to.deep.equal([503, true]);
      }
    });

    it('hold maxAge against auth_time, which is then required', async () => {
      await using api = await start();
      const seconds = now / 1000;
      const cases: [Record<string, unknown>, string][] = [
        [{}, '/sign-in?error=login_failed'],
        [{ auth_time: seconds - 331 }, '/sign-in?error=login_failed'],
        [{ auth_time: seconds - 299 }, '/'],
      ];
      for (const [claims, location] of cases) {
        const { reply } = await logIn(api.browser(), claims, '?maxAge=300');
        expect(seen(reply), JSON.stringify(claims)).to.deep.equal([303, location]);
      }
    });

    it('take amr only where the provider is trusted', async () => {
      const at = new Date(now - 60_000).toISOString();
      const claims = { amr: ['pwd', 'otp'], auth_time: now / 1000 - 60 };
      for (const trustAmr of [false, true]) {
        reset();
        await using api = await start({ trustAmr });
        const browser = api.browser();
        await logIn(browser, claims);
        const methods = trustAmr ? ['idp', 'pwd', 'otp'] : ['idp'];
        const who = (await browser.get('/api/who')).json();
        expect(who['factors']).to.deep.equal(methods.map((method) => ({ method, at })));
        const odd = await logIn(api.browser(), { amr: 'pwd' });
        expect(seen(odd.reply)[1]).to.equal(trustAmr ? '/sign-in?error=login_failed' : '/');
      }
    });

    it('are 503 as long as discovery is not known, and begin all the same once it is', async () => {
      provider.server.down();
      await using api = await start();
      const reply = await api.browser().get('/api/oidc/login');
      expect([reply.status, reply.cookies.length]).to.deep.equal([503, 0]);
      expect(Number(reply.headers['retry-after'])).to.be.greaterThan(0);
      provider.server.up();
      now += 2000;
      await begin(api.browser());
      provider.server.down();
      await begin(api.browser());
      now += 90 * 60_000;
      await begin(api.browser());
    });

    it('are 503 for discovery of another issuer', async () => {
      provider.discover({ issuer: 'https://evil.example' });
      await using api = await start();
      expect((await api.browser().get('/api/oidc/login')).status).to.equal(503);
      expect(log.join('\n')).to.contain('discovery states the issuer as https://evil.example');
    });

    it('spend no code before the keys are there, and a reload works', async () => {
      await using api = await start();
      const browser = api.browser();
      const { state: value, nonce } = await begin(browser);
      await provider.grant(nonce);
      const jwks = provider.jwks;
      provider.on('/jwks', (_, response) => sendJson(response, {}, 500));
      expect((await answer(browser, { state: value, code: 'good' })).status).to.equal(503);
      expect(provider.server.count('/token')).to.equal(0);
      provider.on('/jwks', jwks);
      now += 60_000;
      expect(seen(await answer(browser, { state: value, code: 'good' }))).to.deep.equal([303, '/']);
    });

    it('are 503 while the token endpoint is down, slow or elsewhere, and a reload works', async () => {
      await using api = await start({ timeoutSeconds: 1 });
      const answers: [string, Parameters<ScriptedProvider['on']>[1]][] = [
        ['a failure', (_, response) => sendJson(response, {}, 500)],
        ['too many', (_, response) => sendJson(response, {}, 429)],
        ['no JSON', (_, response) => void response.end('<html>')],
        [
          'a redirect',
          (_, response) => void response.writeHead(307, { location: `${provider.issuer}/else` }).end(),
        ],
        ['an end', (_, response) => void response.destroy()],
        ['nothing', () => undefined],
        ['a body without an end', (_, response) => void response.writeHead(200).write('{')],
        ['too much', (_, response) => void response.end(`{"x":"${'x'.repeat(600_000)}"}`)],
        [
          'an outage in words',
          (_, response) => sendJson(response, { error: 'temporarily_unavailable' }, 400),
        ],
        ['another client secret', (_, response) => sendJson(response, { error: 'invalid_client' }, 401)],
      ];
      const browser = api.browser();
      const { state: value, nonce } = await begin(browser);
      for (const [what, script] of answers) {
        provider.on('/token', script);
        const reply = await answer(browser, { state: value, code: 'good' });
        expect([reply.status, reply.headers['retry-after'] !== undefined], what).to.deep.equal([503, true]);
      }
      expect(provider.server.count('/else')).to.equal(0);
      expect(log.some((line) => line.includes('refuses this client: invalid_client'))).to.equal(true);
      await provider.grant(nonce);
      expect(seen(await answer(browser, { state: value, code: 'good' }))).to.deep.equal([303, '/']);
    }).timeout(20_000);

    it('are 503 without a cookie while the state is down', async () => {
      await using api = await start();
      const browser = api.browser();
      const { state: value, nonce } = await begin(browser);
      await provider.grant(nonce);
      state.isDown = true;
      const reply = await answer(browser, { state: value, code: 'good' });
      expect(reply.status).to.equal(503);
      expect(browser.cookies.has('__Host-session')).to.equal(false);
    });

    it('prove the client by a key', async () => {
      const { privateKey } = generateKeyPairSync('ed25519');
      for (const alg of ['EdDSA', 'Ed25519']) {
        reset();
        const jwk = { ...privateKey.export({ format: 'jwk' }), alg, kid: 'app-1' };
        await using api = await start({ privateKey: jwk });
        const { reply } = await logIn(api.browser());
        expect(seen(reply), alg).to.deep.equal([303, '/']);
        const asked = provider.server.asked.filter(({ path }) => path === '/token').at(-1)!;
        const form = new URLSearchParams(asked.body);
        expect(form.get('client_assertion_type')).to.equal(
          'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        );
        const [header = '', payload = ''] = form.get('client_assertion')!.split('.');
        const read = (part: string) =>
          JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>;
        expect(read(header)).to.deep.equal({ alg, kid: 'app-1' });
        expect(read(payload)).to.deep.include({ iss: 'notes', sub: 'notes', aud: provider.issuer });
        // The package has a clock of its own, which is set by whole seconds.
        expect(read(payload)['iat']).to.be.closeTo(now / 1000, 1);
        expect(asked.headers.authorization).to.equal(undefined);
      }
    });

    describe('log out', () => {
      it('here, and then at the provider', async () => {
        await using api = await start();
        const browser = api.browser();
        const { idToken } = await logIn(browser);
        const before = browser.copy();
        const reply = await browser.send('POST', '/api/oidc/logout', { form: {} });
        const url = new URL(String(reply.headers['location']));
        expect(`${url.origin}${url.pathname}`).to.equal(`${provider.issuer}/logout`);
        expect(Object.fromEntries(url.searchParams)).to.deep.equal({
          id_token_hint: idToken,
          post_logout_redirect_uri: 'https://notes.example/shop/sign-in',
        });
        expect(browser.cookies.size).to.equal(0);
        expect((await before.get('/api/who')).status).to.equal(401);
      });

      it('here alone, where there is no other place', async () => {
        await using api = await start({ logout: 'local' });
        const browser = api.browser();
        await logIn(browser);
        expect(seen(await browser.send('POST', '/api/oidc/logout', { form: {} }))).to.deep.equal([
          303,
          '/sign-in',
        ]);
        expect(seen(await browser.send('POST', '/api/oidc/logout', { form: {} }))).to.deep.equal([
          303,
          '/sign-in',
        ]);
      });

      it('where discovery names no place, or one that is not safe', async () => {
        for (const place of [undefined, 'http://evil.example/logout', 'javascript:alert(1)', 7]) {
          reset();
          provider.discover({ end_session_endpoint: place });
          await using api = await start();
          const browser = api.browser();
          await logIn(browser);
          expect(seen(await browser.send('POST', '/api/oidc/logout', { form: {} }))).to.deep.equal([
            303,
            '/sign-in',
          ]);
        }
      });

      it('never for a page of another site, and with the cookie cleared while the state is down', async () => {
        await using api = await start();
        const browser = api.browser();
        await logIn(browser);
        const foreign = await browser.send('POST', '/api/oidc/logout', {
          form: {},
          headers: { 'sec-fetch-site': 'cross-site' },
        });
        expect(foreign.status).to.equal(403);
        expect((await browser.get('/api/who')).status).to.equal(200);
        state.isDown = true;
        expect((await browser.send('POST', '/api/oidc/logout', { form: {} })).status).to.equal(503);
        expect(browser.cookies.size).to.equal(0);
      });
    });

    describe('are ended by the provider', () => {
      const tell = (api: { browser(): Browser }, token: string) =>
        api.browser().send('POST', '/api/oidc/backchannel', {
          form: { logout_token: token },
          headers: { 'sec-fetch-site': undefined },
        });

      it('by session or by person, once', async () => {
        await using api = await start();
        const [one, two, other] = [api.browser(), api.browser(), api.browser()];
        await logIn(one, { sid: 's-1' });
        await logIn(two, { sid: 's-2' });
        await logIn(other, { sub: 'u-5', sid: 's-3' });
        const statuses = async () =>
          Promise.all([one, two, other].map(async (browser) => (await browser.get('/api/who')).status));
        expect(await statuses()).to.deep.equal([200, 200, 200]);
        const token = await provider.logoutToken({ sid: 's-1' });
        const reply = await tell(api, token);
        expect([reply.status, reply.headers['cache-control']]).to.deep.equal([200, 'no-store']);
        expect(await statuses()).to.deep.equal([401, 200, 200]);
        expect((await tell(api, token)).status).to.equal(400);
        expect((await tell(api, await provider.logoutToken({ jti: 'logout-2' }))).status).to.equal(200);
        expect(await statuses()).to.deep.equal([401, 401, 200]);
        const ended = events.filter(({ type }) => type === 'session_ended');
        expect(ended.map((event) => (event as { reason?: string }).reason)).to.deep.equal([
          'by_provider',
          'by_provider',
        ]);
      });

      it('however many logins the person has begun since', async () => {
        await using api = await start();
        const browser = api.browser();
        await logIn(browser, { sid: 's-1' });
        for (let round = 0; round < 7; round += 1) {
          // Else it would be the one that was used longest ago, which ends of many.
          now += 61_000;
          expect((await browser.get('/api/who')).status).to.equal(200);
          for (let login = 0; login < 15; login += 1) await logIn(api.browser(), { sid: 's-1' });
        }
        expect((await browser.get('/api/who')).status).to.equal(200);
        expect((await tell(api, await provider.logoutToken({ sid: 's-1' }))).status).to.equal(200);
        expect((await browser.get('/api/who')).status).to.equal(401);
      });

      it('by no token that is not right', async () => {
        await using api = await start();
        const browser = api.browser();
        await logIn(browser, { sid: 's-1' });
        const seconds = now / 1000;
        const foreign = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
        const event = 'http://schemas.openid.net/event/backchannel-logout';
        const cases: [string, Promise<string> | string][] = [
          ['none', ''],
          ['no JWT', 'x.y.z'],
          ['another key', provider.logoutToken({}, {}, foreign)],
          ['another issuer', provider.logoutToken({ iss: 'https://evil.example' })],
          ['another client', provider.logoutToken({ aud: 'other' })],
          ['another type', provider.logoutToken({}, { typ: 'at+jwt' })],
          ['an unknown kid', provider.logoutToken({}, { kid: 'two' })],
          ['too old', provider.logoutToken({ iat: seconds - 121, exp: undefined })],
          ['of tomorrow', provider.logoutToken({ iat: seconds + 31 })],
          ['without iat', provider.logoutToken({ iat: undefined })],
          ['ended', provider.logoutToken({ exp: seconds - 31 })],
          ['exp of another form', provider.logoutToken({ exp: 'soon' })],
          ['without jti', provider.logoutToken({ jti: undefined })],
          ['an empty jti', provider.logoutToken({ jti: '' })],
          ['with a nonce', provider.logoutToken({ nonce: 'n' })],
          ['with a nonce of null', provider.logoutToken({ nonce: null })],
          ['without events', provider.logoutToken({ events: undefined })],
          ['other events', provider.logoutToken({ events: { other: {} } })],
          ['an event that is no object', provider.logoutToken({ events: { [event]: true } })],
          ['an event that is a list', provider.logoutToken({ events: { [event]: [] } })],
          ['without sid and sub', provider.logoutToken({ sub: undefined })],
          ['a sub that is no text', provider.logoutToken({ sub: 7 })],
          ['an ID token', provider.idToken({ nonce: 'n' })],
        ];
        for (const [what, token] of cases) expect((await tell(api, await token)).status, what).to.equal(400);
        const json = await api.browser().send('POST', '/api/oidc/backchannel', {
          body: { logout_token: await provider.logoutToken() },
        });
        expect(json.status).to.equal(400);
        expect((await browser.get('/api/who')).status).to.equal(200);
      });

      it('also by types that older providers send', async () => {
        await using api = await start();
        for (const typ of ['JWT', undefined, 'application/logout+jwt']) {
          const token = await provider.logoutToken({ jti: `of ${typ}` }, { typ });
          expect((await tell(api, token)).status, typ).to.equal(200);
        }
      });

      it('later, where the state is down first', async () => {
        await using api = await start();
        const browser = api.browser();
        await logIn(browser, { sid: 's-1' });
        const token = await provider.logoutToken({ sid: 's-1' });
        state.isDown = true;
        expect((await tell(api, token)).status).to.equal(503);
        state.isDown = false;
        expect((await tell(api, token)).status).to.equal(200);
        expect((await browser.get('/api/who')).status).to.equal(401);
      });

      it('not where the option says so', async () => {
        await using api = await start({ backchannel: false });
        expect((await tell(api, await provider.logoutToken())).status).to.equal(404);
      });
    });

    it('leave no secret in logs, events and errors', async () => {
      await using api = await start();
      const browser = api.browser();
      const { idToken, reply } = await logIn(browser, {}, '?returnTo=/notes');
      const cookies = [...browser.cookies.values()];
      const wrong = api.browser();
      const { state: value, nonce } = await begin(wrong);
      const loginCookies = [...wrong.cookies.values()];
      const other = await provider.grant(nonce, { aud: 'other' });
      await answer(wrong, { state: value, code: 'the code' });
      provider.on('/token', (_, response) =>
        sendJson(response, { error: 'invalid_grant', error_description: idToken }, 400),
      );
      const last = api.browser();
      await answer(last, { state: (await begin(last)).state, code: 'the code' });
      provider.on('/token', (_, response) => sendJson(response, { secret: idToken }, 500));
      const down = api.browser();
      const text = (await answer(down, { state: (await begin(down)).state, code: 'the code' })).text;
      const verifiers = provider.server.asked.flatMap(
        ({ body }) => new URLSearchParams(body).get('code_verifier') ?? [],
      );
      const seenText = [
        ...log,
        text,
        reply.text,
        String(reply.headers['location']),
        inspect(events, { depth: 9 }),
      ].join('\n');
      for (const secret of [
        SECRET,
        idToken,
        other,
        ACCESS_TOKEN,
        'the code',
        value,
        ...cookies,
        ...loginCookies,
        ...verifiers,
      ]) {
        expect(seenText.includes(secret), secret).to.equal(false);
      }
      expect(events.filter(({ type }) => type === 'failed').length).to.be.greaterThan(1);
    });
  });
}
