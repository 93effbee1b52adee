import http from 'node:http';
import { expect } from 'chai';
import {
  apiKeyRoutes,
  ApiKeys,
  type AuthProviderInterface,
  type Constructor,
  createSecurity,
  explain,
  jwksRoutes,
  MemoryFactors,
  MemoryState,
  MemoryUserstore,
  type Middleware,
  OtpService,
  otpRoutes,
  passwordRoutes,
  reportTable,
  type Security,
  securityReport,
  type SecurityEvent,
  type SecurityOptions,
  SessionProvider,
  sessionRoutes,
  type SessionControllerOptions,
  SessionService,
  tokenRoutes,
  TokenService,
} from '../../src/routers';
import { createSecurity as createForControllers } from '../../src';
import { oidcLoginRoutes } from '../../src/oidc';
import { passkeyRoutes, PasskeyService } from '../../src/passkeys';
import { toLockFile } from '../../src/report/lock-file';
import { describeAuthorization } from '../../src/testing';
import { Browser } from '../support/browser';
import { DRIVERS, TestServer } from '../support/drivers';
import { CheapPasswordProvider, cheapPasswords } from '../support/hashers';
import { MOUNTING_HOSTS, PLAIN_HOSTS } from '../support/plain-hosts';
import { MemoryLogger, reset } from '../support/reset';

const PASSWORD = 'correct horse';
const HASH = cheapPasswords.hash(PASSWORD);
const SECRET = 'a secret of more than thirty-two bytes';

interface Scene {
  readonly security: Security;
  readonly logger: MemoryLogger;
  readonly events: SecurityEvent[];
  readonly Sessions: Constructor<SessionService>;
  readonly Otp: Constructor<OtpService>;
  readonly Passkeys: Constructor<PasskeyService>;
  readonly Tokens: Constructor<TokenService>;
  readonly Keys: Constructor<ApiKeys>;
  readonly providers: Readonly<Record<'Password' | 'Session', Constructor<AuthProviderInterface>>>;
}

type Options = (given: Omit<Scene, 'security'>) => SecurityOptions;

/** An app with the users ann and ben, who both have the same password. */
async function scene(options?: Options): Promise<Scene> {
  reset();
  return sceneWith(await HASH, options);
}

function sceneWith(hash: string | undefined, options: Options = () => ({})): Scene {
  const state = new MemoryState();
  const store = new MemoryFactors();
  class Users extends MemoryUserstore {
    constructor() {
      super({
        users: ['ann', 'ben'].map((username) => ({
          username,
          ...(hash !== undefined && { password: hash }),
        })),
      });
    }
  }
  class Sessions extends SessionService {
    constructor() {
      super({ state });
    }
  }
  class Otp extends OtpService {
    constructor() {
      super({ store, secret: SECRET });
    }
  }
  class Passkeys extends PasskeyService {
    constructor() {
      super({ store: store, secret: SECRET, rpId: 'app.example', origins: ['https://app.example'] });
    }
  }
  class Tokens extends TokenService {
    constructor() {
      super({ secret: SECRET, issuer: 'notes', audience: 'notes-api', state });
    }
  }
  class Keys extends ApiKeys {
    constructor() {
      super({ state, prefix: 'notes' });
    }
  }
  const sessions = new Sessions();
  class Password extends CheapPasswordProvider {}
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
  const logger = new MemoryLogger();
  const events: SecurityEvent[] = [];
  const parts = { logger, events, Sessions, Otp, Passkeys, Tokens, Keys, providers: { Password, Session } };
  const security = createSecurity({
    container,
    logger,
    onEvent: (event) => void events.push(event),
    userstores: [Users],
    providers: [Password, Session],
    ...options(parts),
  });
  return { ...parts, security };
}

function oidc(security: Security, Sessions: Constructor<SessionService>, path = '/oidc'): Middleware {
  return oidcLoginRoutes(security, {
    sessions: Sessions,
    issuer: 'https://id.example',
    clientId: 'notes',
    clientSecret: 'the secret of this client',
    baseUrl: 'https://notes.example',
    user: () => undefined,
    path,
  });
}

async function logIn(server: TestServer, path = '/session', username = 'ann'): Promise<Browser> {
  const browser = new Browser(server);
  const reply = await browser.send('POST', path, { body: { username, password: PASSWORD } });
  expect(reply.status, reply.text).to.equal(200);
  return browser;
}

function messageOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    expect(error).to.include({ code: 'invalid_configuration' });
    return (error as Error).message;
  }
  throw new Error('It was not refused');
}

for (const host of PLAIN_HOSTS) {
  describe(`Routes of the library on ${host.name}`, () => {
    const start = async (options?: Options, more: Partial<SessionControllerOptions> = {}) => {
      const made = await scene(options);
      const { security, Sessions } = made;
      const routes = sessionRoutes(security, { sessions: Sessions, ...more });
      security.start();
      const server = await TestServer.start(host.build([routes]));
      return Object.assign(server, made);
    };

    it('log in and out, and pass on all other requests', async () => {
      await using api = await start();
      const browser = await logIn(api);
      const own = await browser.get('/session');
      expect([own.status, own.json()['username']]).to.deep.equal([200, 'ann']);
      expect(own.headers).to.include({
        'cache-control': 'no-store',
        'content-type': 'application/json; charset=utf-8',
        'content-length': String(own.text.length),
      });
      expect(own.headers.vary).to.match(/cookie/i);
      const out = await browser.send('DELETE', '/session');
      expect([out.status, out.text, browser.cookies.size]).to.deep.equal([204, '', 0]);
      for (const name of ['content-length', 'content-type', 'transfer-encoding']) {
        expect(out.headers[name], name).to.equal(undefined);
      }
      const refused = await browser.get('/session');
      expect([refused.status, refused.json()['code']]).to.deep.equal([401, 'authentication_required']);
      for (const [method, path] of [
        ['GET', '/'],
        ['GET', '/notes'],
        ['GET', '/session/password'],
        ['PUT', '/session'],
        ['OPTIONS', '/session'],
        ['PATCH', '/session/all'],
      ] as const) {
        const { status, text } = await browser.send(method, path);
        expect([status, text], `${method} ${path}`).to.deep.equal([200, 'outside']);
      }
    });

    it('answer forms by redirects', async () => {
      await using api = await start(() => ({ loginPage: '/sign-in' }), { home: '/welcome' });
      const browser = new Browser(api);
      const form = { username: 'ann', password: PASSWORD };
      const wrong = await browser.send('POST', '/session', { form: { ...form, password: 'wrong' } });
      expect([wrong.status, wrong.headers['location']]).to.deep.equal([
        303,
        '/sign-in?error=invalid_credentials',
      ]);
      const reply = await browser.send('POST', '/session', { form });
      expect([reply.status, reply.headers['location'], browser.cookies.size]).to.deep.equal([
        303,
        '/welcome',
        1,
      ]);
    });

    it('answer HEAD as GET, without a body', async () => {
      await using api = await start();
      const browser = await logIn(api);
      const whole = await browser.get('/session/all');
      const head = await browser.send('HEAD', '/session/all');
      expect([head.status, head.text, head.headers['content-length']]).to.deep.equal([
        200,
        '',
        String(whole.text.length),
      ]);
      expect((await new Browser(api).send('HEAD', '/session')).status).to.equal(401);
    });

    it('compare paths as they are sent', async () => {
      await using api = await start();
      const browser = await logIn(api);
      for (const path of [
        '/Session',
        '/session/',
        '//session',
        '/%73ession',
        '/session%2Fall',
        '/session;x',
        '/session/all/',
        '/x/session',
      ]) {
        expect((await browser.get(path)).text, path).to.equal('outside');
      }
      for (const path of ['/session?x=/notes', '/session?']) {
        expect((await browser.get(path)).json()['username'], path).to.equal('ann');
      }
      const absolute = await new Promise<number | undefined>((resolve, reject) => {
        const { port } = new URL(api.url);
        const request = http.get({ port, host: '127.0.0.1', path: `${api.url}/session` }, (response) => {
          resolve(response.resume().statusCode);
        });
        request.on('error', reject);
      });
      expect(absolute).to.equal(401);
    });

    it('decode an id once, and find nothing for an id that cannot be decoded', async () => {
      await using api = await start();
      const browser = await logIn(api);
      const other = await logIn(api);
      const list = (await browser.get('/session/all')).json() as unknown as {
        id: string;
        isCurrent?: boolean;
      }[];
      const { id = '' } = list.find(({ isCurrent }) => isCurrent !== true) ?? {};
      const encoded = [...id].map((letter) => `%${letter.charCodeAt(0).toString(16)}`).join('');
      const twice = encoded.replaceAll('%', '%25');
      for (const wrong of [twice, '%', '%ZZ', '%E0%A4%A', '%00', '__proto__', 'a'.repeat(5000)]) {
        const path = `/session/all/${wrong}`;
        expect((await browser.send('DELETE', path)).status, wrong).to.equal(404);
        expect((await new Browser(api).send('DELETE', path)).status, wrong).to.equal(401);
      }
      expect((await browser.send('DELETE', `/session/all/${encoded}`)).status).to.equal(204);
      expect((await other.get('/session')).status).to.equal(401);
    });

    it('refuse pages of other sites, and bodies that cannot be read', async () => {
      await using api = await start();
      const browser = await logIn(api);
      const headers = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' };
      for (const [method, path] of [
        ['POST', '/session'],
        ['DELETE', '/session'],
        ['DELETE', '/session/all'],
      ] as const) {
        const { status, text } = await browser.send(method, path, { headers });
        expect([status, text.includes('cross_site')], `${method} ${path}`).to.deep.equal([403, true]);
      }
      for (const [type, body] of [
        ['application/json', '{"username":'],
        ['application/json', '[]'],
        ['text/plain', 'username=ann'],
        ['application/json', JSON.stringify({ username: 'a'.repeat(70_000), password: 'x' })],
      ] as const) {
        const sent = { 'content-type': type, 'sec-fetch-site': 'same-origin' };
        const { status, text } = await api.raw('/session', { method: 'POST', headers: sent }, body);
        expect([status, JSON.parse(text).code], body.slice(0, 20)).to.deep.equal([400, 'invalid_request']);
      }
    });

    it('report events under the path of the request', async () => {
      await using api = await start();
      const browser = await logIn(api);
      await browser.get('/session');
      await new Browser(api).get('/session/all');
      const told = api.events
        .filter(({ type }) => type !== 'misconfigured')
        .map((event) => {
          const { type, method, path, route } = event as SecurityEvent & Record<string, unknown>;
          return [type, method, path, route];
        });
      expect(told.slice(0, 2)).to.deep.equal([
        ['authenticated', 'POST', '/session', undefined],
        ['logged_in', 'POST', '/session', undefined],
      ]);
      expect(told).to.deep.include.members([
        ['allowed', 'GET', '/session', undefined],
        ['failed', 'GET', '/session/all', undefined],
      ]);
    });

    it('let nobody in whom the hook skips, and open no session to a login of another kind', async () => {
      await using api = await start(() => ({ skip: () => true }));
      expect((await new Browser(api).get('/session')).status).to.equal(401);
      await using other = await start();
      const authorization = `Basic ${Buffer.from(`ann:${PASSWORD}`).toString('base64')}`;
      expect((await new Browser(other).get('/session', { authorization })).status).to.equal(403);
    });

    it('answer 500 and open nothing while the app cannot start', async () => {
      const { security, Sessions, logger } = await scene(({ providers }) => ({
        providers: [providers.Password],
      }));
      const routes = sessionRoutes(security, { sessions: Sessions });
      await using server = await TestServer.start(host.build([routes]));
      for (const attempt of [1, 2]) {
        const browser = new Browser(server);
        const body = { username: 'ann', password: PASSWORD };
        const reply = await browser.send('POST', '/session', { body });
        expect([reply.status, reply.cookies], String(attempt)).to.deep.equal([500, []]);
        expect((await browser.get('/session')).status).to.equal(500);
        expect((await browser.get('/notes')).text).to.equal('outside');
      }
      expect(logger.lines.join()).not.to.contain(PASSWORD);
    });

    it('are started by the first request', async () => {
      const { security, Sessions, Otp, logger } = await scene();
      const routes = [
        sessionRoutes(security, { sessions: Sessions, secondFactors: [Otp] }),
        otpRoutes(security, { otp: Otp, sessions: Sessions }),
      ];
      await using server = await TestServer.start(host.build(routes));
      const browser = await logIn(server);
      const { uri } = (await browser.send('POST', '/otp')).json();
      expect(uri).to.match(/^otpauth:\/\/totp\/api:ann\?/);
      expect(logger.lines.filter((line) => line.includes('open route'))).to.deep.equal([
        'info securest: 8 guards, 5 open routes',
      ]);
    });

    it('publish keys', async () => {
      const { security, Tokens } = await scene();
      const routes = jwksRoutes(security, { tokens: Tokens, maxAgeSeconds: 60 });
      await using server = await TestServer.start(host.build([routes]));
      const path = '/.well-known/jwks.json';
      const { status, text, response } = await server.raw(path);
      expect([status, JSON.parse(text)]).to.deep.equal([200, { keys: [] }]);
      expect(response.headers).to.include({
        'content-type': 'application/json',
        'cache-control': 'public, max-age=60',
        'access-control-allow-origin': '*',
      });
      const head = await server.raw(path, { method: 'HEAD' });
      expect([head.status, head.text, head.response.headers['cache-control']]).to.deep.equal([
        200,
        '',
        'public, max-age=60',
      ]);
      expect((await server.raw(path, { method: 'POST' })).text).to.equal('outside');
    });

    it('give out tokens and keys for a password, and change it', async () => {
      const { security, Tokens, Keys } = await scene();
      const routes = [
        tokenRoutes(security, { tokens: Tokens }),
        apiKeyRoutes(security, { keys: Keys }),
        passwordRoutes(security),
      ];
      security.start();
      await using server = await TestServer.start(host.build(routes));
      const authorization = `Basic ${Buffer.from(`ann:${PASSWORD}`).toString('base64')}`;
      const send = async (
        method: string,
        path: string,
        body?: object,
        headers: object = { authorization },
      ) => {
        const type = { 'content-type': 'application/json' };
        const { status, text, response } = await server.raw(
          path,
          { method, headers: { ...(body && type), ...headers } },
          body && JSON.stringify(body),
        );
        const json = (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>;
        return { status, json, cache: response.headers['cache-control'] };
      };
      const started = await send('POST', '/token');
      expect([started.status, started.cache]).to.deep.equal([200, 'private, no-store']);
      const refreshed = await send(
        'POST',
        '/token/refresh',
        { refreshToken: started.json['refreshToken'] },
        {},
      );
      expect([refreshed.status, refreshed.cache]).to.deep.equal([200, 'private, no-store']);
      const created = await send('POST', '/api-keys', { name: 'script' });
      expect([created.status, created.cache]).to.deep.equal([201, 'private, no-store']);
      const { id } = created.json['info'] as { id: string };
      expect((await send('DELETE', `/api-keys/${id}`)).status).to.equal(204);
      expect((await send('DELETE', `/api-keys/${id}`)).status).to.equal(404);
      const form = { authorization, 'content-type': 'application/x-www-form-urlencoded' };
      for (const [method, path] of [
        ['POST', '/token/refresh'],
        ['POST', '/api-keys'],
        ['PUT', '/password'],
      ] as const) {
        const { status, text } = await server.raw(path, { method, headers: form }, 'name=x&refreshToken=x');
        expect([status, JSON.parse(text).code], path).to.deep.equal([400, 'invalid_request']);
      }
      for (const [method, path] of [
        ['POST', '/token'],
        ['GET', '/token/families'],
        ['GET', '/api-keys'],
        ['PUT', '/password'],
      ] as const) {
        expect((await send(method, path, undefined, {})).status, path).to.equal(401);
      }
      const change = { currentPassword: PASSWORD, newPassword: 'another long password' };
      const changed = await send('PUT', '/password', change);
      expect([changed.status, changed.cache]).to.deep.equal([204, 'private, no-store']);
      expect((await send('POST', '/token')).status).to.equal(401);
    });

    it('stand behind a guard that refuses', async () => {
      const { security, Sessions } = await scene();
      const guard = security.guard('nobody-has-it');
      const routes = sessionRoutes(security, { sessions: Sessions });
      await using server = await TestServer.start(host.build([guard, routes]));
      const body = { username: 'ann', password: PASSWORD };
      expect((await new Browser(server).send('POST', '/session', { body })).status).to.equal(401);
    });
  });
}

for (const host of MOUNTING_HOSTS) {
  describe(`Routes of the library below a mount on ${host.name}`, () => {
    it('have the paths that the mount leaves, and read what a body parser has read', async () => {
      for (const parsesBodies of [false, true]) {
        const { security, Sessions, events } = await scene();
        const routes = sessionRoutes(security, { sessions: Sessions, path: '/me/session' });
        await using server = await TestServer.start(host.build([routes], { prefix: '/api', parsesBodies }));
        const browser = await logIn(server, '/api/me/session');
        expect((await browser.get('/api/me/session')).json()['username']).to.equal('ann');
        expect((await browser.get('/me/session')).text).to.equal('outside');
        expect(events.find(({ type }) => type === 'logged_in')).to.include({ path: '/api/me/session' });
        const form = { username: 'ann', password: PASSWORD, returnTo: '/notes' };
        const reply = await browser.send('POST', '/api/me/session', { form });
        expect([reply.status, reply.headers['location']]).to.deep.equal([303, '/notes']);
      }
    });
  });
}

describe('Routes of the library', () => {
  beforeEach(reset);

  const all = async () => {
    const made = await scene();
    const { security, Sessions, Otp, Passkeys } = made;
    sessionRoutes(security, { sessions: Sessions, secondFactors: [Otp, Passkeys] });
    otpRoutes(security, { otp: Otp, sessions: Sessions });
    passkeyRoutes(security, { passkeys: Passkeys, sessions: Sessions });
    oidc(security, Sessions);
    return made;
  };

  it('are listed in the report and the lock file, open routes too', async () => {
    const { security } = await all();
    const report = await securityReport(security);
    expect(reportTable(report)).to.equal(
      `23 routes: 12 open, 11 any login

Guards outside of actions
  *  POST /session            open
  *  POST /session/password   open
  *  GET /session             any login
  *  GET /session/all         any login
  *  DELETE /session          open
  *  POST /session/end        open
  *  DELETE /session/all      any login
  *  DELETE /session/all/:id  any login
  *  POST /otp/factor         open
  *  POST /otp                any login
  *  POST /otp/confirm        any login
  *  POST /otp/recovery       any login
  *  DELETE /otp              any login
  *  POST /passkeys/options   open
  *  POST /passkeys/login     open
  *  POST /passkeys/factor    open
  *  GET /passkeys            any login
  *  POST /passkeys           any login
  *  DELETE /passkeys/:id     any login
  *  GET /oidc/login          open
  *  GET /oidc/callback       open
  *  POST /oidc/logout        open
  *  POST /oidc/backchannel   open
`,
    );
    expect(report.routes[0]).to.deep.include({ access: 'anyone (sessionRoutes())', normalised: 'anyone' });
    const lines = toLockFile(report).split('\n');
    expect(lines).to.include(
      '    {"method":"*","path":"DELETE /otp","action":"guard DELETE /otp","access":"any authenticated user"},',
    );
    expect(lines).to.include(
      '    {"method":"*","path":"POST /otp/factor","action":"guard POST /otp/factor","access":"anyone"},',
    );
  });

  it('are explained', async () => {
    const { security } = await all();
    const ask = (path: string, as: 'anonymous' | { roles: string[] }) =>
      explain(security, { method: '*', path, as });
    expect(await ask('GET /session', 'anonymous')).to.include({ verdict: 'refused', status: 401 });
    expect(await ask('GET /session', { roles: [] })).to.include({ verdict: 'allowed' });
    expect(await ask('POST /session', 'anonymous')).to.include({ verdict: 'allowed' });
  });

  it('need the providers of their sessions when the app starts', async () => {
    const none = await scene(({ providers }) => ({ providers: [providers.Password] }));
    sessionRoutes(none.security, { sessions: none.Sessions });
    expect(messageOf(() => none.security.start())).to.match(/^sessionRoutes\(\) .*SessionProvider/);
    const noPassword = await scene(({ providers }) => ({ providers: [providers.Session] }));
    sessionRoutes(noPassword.security, { sessions: noPassword.Sessions });
    expect(messageOf(() => noPassword.security.start())).to.match(/^sessionRoutes\(\) .*PasswordProvider/);
    const without = await scene(({ providers }) => ({ providers: [providers.Session] }));
    sessionRoutes(without.security, { sessions: without.Sessions, passwords: false });
    without.security.start();
    const noChange = await scene(({ providers }) => ({ providers: [providers.Session] }));
    passwordRoutes(noChange.security);
    expect(messageOf(() => noChange.security.start())).to.match(
      /^passwordRoutes\(\) needs a PasswordProvider/,
    );
    const nothing = await scene(() => ({ providers: [] }));
    oidc(nothing.security, nothing.Sessions);
    expect(messageOf(() => nothing.security.start())).to.match(/^oidcLoginRoutes\(\) .*SessionProvider/);
  });

  it('need them also beside controllers, when their server is built', async () => {
    const { Sessions, providers, logger } = await scene();
    class Users extends MemoryUserstore {
      constructor() {
        super({ users: [] });
      }
    }
    const options = { logger, userstores: [Users], providers: [providers.Password] };
    const security = createForControllers(options);
    sessionRoutes(security, { sessions: Sessions });
    class None {}
    for (const driver of DRIVERS) {
      const build = () => driver.build(security.secure({ controllers: [None] }));
      expect(messageOf(build), driver.name).to.match(/^sessionRoutes\(\) .*SessionProvider/);
    }
  });

  it('refuse services of another class when the app starts', async () => {
    const wrong = class Wrong {} as unknown as Constructor<never>;
    const cases: [make: (made: Scene) => unknown, message: RegExp][] = [
      [
        ({ security }) => sessionRoutes(security, { sessions: wrong }),
        /sessionRoutes\(\): Wrong must extend SessionS/,
      ],
      [
        ({ security, Sessions }) => otpRoutes(security, { otp: wrong, sessions: Sessions }),
        /otpRoutes\(\): Wrong must/,
      ],
      [
        ({ security }) => tokenRoutes(security, { tokens: wrong }),
        /^tokenRoutes\(\) needs a TokenService .*Wrong/,
      ],
      [
        ({ security }) => jwksRoutes(security, { tokens: wrong }),
        /^jwksRoutes\(\): tokens must be the class/,
      ],
      [
        ({ security, Sessions }) => passkeyRoutes(security, { passkeys: wrong, sessions: Sessions }),
        /passkeyRoutes\(\): Wrong must extend PasskeyService/,
      ],
    ];
    for (const [make, message] of cases) {
      const made = await scene();
      make(made);
      // Repeated, since a failed start must not count as a start.
      for (let attempt = 0; attempt < 2; attempt += 1) {
        expect(messageOf(() => made.security.start())).to.match(message);
      }
      const later = await scene();
      later.security.start();
      expect(messageOf(() => make(later))).to.match(message);
    }
  });

  it('may be made after the start, and are started then', async () => {
    const { security, Sessions, Otp, logger } = await scene();
    security.start();
    const routes = [
      sessionRoutes(security, { sessions: Sessions }),
      otpRoutes(security, { otp: Otp, sessions: Sessions }),
      oidc(security, Sessions),
      passwordRoutes(security),
    ];
    expect(logger.lines.filter((line) => line.includes('redirect_uri'))).to.deep.equal([
      'info securest: the redirect_uri at https://id.example is https://notes.example/oidc/callback, ' +
        'or below a mount with its path in front of /oidc',
    ]);
    const [koa] = PLAIN_HOSTS;
    await using server = await TestServer.start(koa!.build(routes));
    const browser = await logIn(server);
    expect((await browser.send('POST', '/otp')).json()['uri']).to.match(/^otpauth:\/\/totp\/api:ann\?/);
  });

  it('warn at the start of tokens and keys that the app does not take', async () => {
    const { security, Tokens, Keys, logger } = await scene();
    tokenRoutes(security, { tokens: Tokens });
    apiKeyRoutes(security, { keys: Keys });
    security.start();
    const warnings = logger.lines.filter((line) => line.includes('does not take'));
    expect(warnings).to.have.length(2);
    expect(warnings[0]).to.match(/tokenRoutes\(\) gives out tokens .* no TokenProvider holds Tokens/);
    expect(warnings[1]).to.match(/apiKeyRoutes\(\) gives out keys .* no ApiKeyProvider holds Keys/);
  });

  it('refuse a route that other routes answer, and a guard of their name with another rule', async () => {
    const { security, Sessions, Otp, Passkeys } = await scene();
    sessionRoutes(security, { sessions: Sessions });
    const cases: [make: () => unknown, message: string][] = [
      [
        () => sessionRoutes(security, { sessions: Sessions }),
        'sessionRoutes(): sessionRoutes() answers POST /session already: give one of them another `path`',
      ],
      [
        () => otpRoutes(security, { otp: Otp, sessions: Sessions, path: '/session' }),
        'POST /session already',
      ],
      [
        () => passkeyRoutes(security, { passkeys: Passkeys, sessions: Sessions, path: '/session' }),
        'GET /session already',
      ],
      [
        () => passkeyRoutes(security, { passkeys: Passkeys, sessions: Sessions, path: '/session/all' }),
        'GET /session/all already',
      ],
      [() => security.guard('editor', { name: 'GET /session' }), 'two guards are named GET /session'],
      [() => security.guard(undefined, { name: 'POST /session' }), 'two guards are named POST /session'],
    ];
    for (const [make, message] of cases) expect(messageOf(make)).to.contain(message);
    sessionRoutes(security, { sessions: Sessions, path: '/other' });
    const before = await scene();
    before.security.guard(undefined, { name: 'POST /session' });
    expect(messageOf(() => sessionRoutes(before.security, { sessions: before.Sessions }))).to.contain(
      'two guards are named POST /session',
    );
  });

  it('refuse options as the controllers do, and what is no instance', async () => {
    const { security, Sessions } = await scene();
    for (const path of ['session', '/', '/session/', '/:id', '/a b', '/a?b', '/*', '']) {
      expect(
        messageOf(() => sessionRoutes(security, { sessions: Sessions, path })),
        path,
      ).to.match(/^sessionRoutes\(\): path must be a path such as/);
    }
    expect(messageOf(() => oidc(security, Sessions, `/${'a'.repeat(200)}`))).to.contain(
      '200 printable characters',
    );
    const unknown = { sessions: Sessions, pathh: '/x' } as unknown as SessionControllerOptions;
    expect(messageOf(() => sessionRoutes(security, unknown))).to.contain('pathh');
    for (const wrong of [undefined, null, {}, () => undefined]) {
      expect(messageOf(() => sessionRoutes(wrong as never, { sessions: Sessions }))).to.contain(
        'sessionRoutes() takes an instance of createSecurity()',
      );
    }
  });

  it('of a login at a provider answer 500 where the mount cannot be known', async () => {
    const { security, Sessions, logger } = await scene();
    const routes = oidc(security, Sessions);
    await using server = await TestServer.start((request, response) => {
      // As a router does that keeps the original URL in a property of its own.
      const mounted = Object.assign(request, {
        originalUrl: request.url,
        url: request.url?.slice('/api'.length),
      });
      void routes(mounted, response);
    });
    expect((await server.raw('/api/oidc/login')).status).to.equal(500);
    expect(logger.lines.join()).to.contain('A request could not be decided');
  });
});

for (const driver of ['koa', 'express', 'node'] as const) {
  describe(`Routes of the library in the matrix on ${driver}`, () => {
    const app = () => {
      const { security, Sessions } = sceneWith(undefined);
      sessionRoutes(security, { sessions: Sessions });
      return security;
    };
    describeAuthorization(app, { driver, users: { ann: { username: 'ann' } } });
  });
}
