import { once } from 'node:events';
import http from 'node:http';
import { expect } from 'chai';
import {
  AccountStatusError,
  Authentication,
  AuthenticationRequiredError,
  BadCredentialsError,
  createSecurity,
  CrossSiteError,
  InvalidRequestError,
  type Security,
  type SecurityError,
  type SecurityEvent,
  SecurityFaultError,
  type SecurityOptions,
  type SecurityRequest,
  ServiceUnavailableError,
  ThrottledError,
  type User,
  type UserstoreInterface,
} from '../../src';
import { DEADLINE_MS, hang, holdDeadlines } from '../support/deadlines';
import { TestServer } from '../support/drivers';
import { MemoryLogger, reset } from '../support/reset';

const users = new Map<string, User>();
class Users {
  getUser(name: string): User | null {
    return users.get(name) ?? null;
  }
}

/** What the provider is asked for once more; undefined for one that has no say. */
let again:
  ((login: Authentication, request: SecurityRequest, userstore: UserstoreInterface) => unknown) | undefined;
let asked: string[];

class Named {
  readonly credential = ['authorization', 'cookie'];
  readonly schemes = ['named'];
  get recheck(): typeof again {
    return again;
  }
  async authenticate(request: SecurityRequest, userstore: UserstoreInterface): Promise<User | null> {
    const name = request.header('authorization')?.slice('Named '.length) ?? request.header('cookie');
    if (name === undefined) return null;
    asked.push(name);
    if (name === 'stranger') return { username: name };
    const user = await userstore.getUser(name);
    if (user === null || user === undefined) throw new BadCredentialsError();
    return user;
  }
  challenge() {
    return { scheme: 'Named' };
  }
}

interface Scene {
  readonly security: Security;
  readonly events: SecurityEvent[];
  send(headers?: http.OutgoingHttpHeaders, method?: string): Promise<http.IncomingMessage>;
}

async function inScene(work: (scene: Scene) => Promise<void>, options: SecurityOptions = {}): Promise<void> {
  const events: SecurityEvent[] = [];
  const security = createSecurity({
    logger: new MemoryLogger(),
    onEvent: (event) => void events.push(event),
    userstores: [Users],
    providers: [Named as never],
    realm: 'notes',
    deadlineMs: DEADLINE_MS,
    ...options,
  });
  const requests = http.createServer();
  await using server = await TestServer.of(requests.listen(0, '127.0.0.1'));
  await work({
    security,
    events,
    async send(headers = {}, method = 'GET') {
      const client = http.request(`${server.url}/socket`, { headers, method });
      client.on('error', () => {});
      client.end();
      const [request] = (await once(requests, 'request')) as [http.IncomingMessage];
      return request;
    },
  });
  await security.close();
}

async function failureOf(promise: Promise<unknown>): Promise<SecurityError> {
  try {
    await promise;
  } catch (error) {
    return error as SecurityError;
  }
  throw new Error('It did not fail');
}

beforeEach(() => {
  asked = [];
  again = undefined;
  users.clear();
  users.set('ann', { username: 'ann', id: 1, tokensValidFrom: new Date(5) });
});

describe('authenticate() of what opens a socket', () => {
  beforeEach(reset);

  it('takes what stands in for the header, and is asked once for each', () =>
    inScene(async ({ security, send }) => {
      const request = await send();
      const authorization = 'Named ann';
      const login = await security.authenticate(request, { authorization });
      expect(login?.user.username).to.equal('ann');
      users.set('bob', { username: 'bob' });
      const other = await security.authenticate(request, { authorization: 'Named bob' });
      expect(other?.user.username).to.equal('bob');
      expect(await security.authenticate(request)).to.equal(undefined);
      expect(security.loginOf(request)).to.equal(undefined);
      expect(asked).to.deep.equal(['ann', 'bob']);
    }));

  it('refuses it beside the header, and what no header could be', () =>
    inScene(async ({ security, send }) => {
      const both = await send({ authorization: 'Named ann' });
      for (const [request, authorization] of [
        [both, 'Named ann'],
        [await send(), 5],
        [await send(), null],
        [await send(), ['Named ann']],
        [await send(), `Named ${'a'.repeat(20_000)}`],
      ] as const) {
        const error = await failureOf(
          security.authenticate(request, { authorization: authorization as string }),
        );
        expect(error).to.be.instanceOf(InvalidRequestError);
        expect(error.httpCode).to.equal(400);
      }
      expect(asked).to.deep.equal([]);
    }));

  it('takes a handshake as unsafe, whatever its method and whoever asked before', () =>
    inScene(async ({ security, send }) => {
      const headers = { cookie: 'ann', origin: 'https://evil.example' };
      for (const method of ['GET', 'POST']) {
        const error = await failureOf(
          security.authenticate(await send(headers, method), { handshake: true }),
        );
        expect(error).to.be.instanceOf(CrossSiteError);
      }
      const known = await send(headers);
      expect((await security.authenticate(known))?.user.username).to.equal('ann');
      const error = await failureOf(security.authenticate(known, { handshake: true }));
      expect(error).to.be.instanceOf(CrossSiteError);
      expect(security.loginOf(known)).to.equal(undefined);
      expect(await failureOf(security.authenticate(known))).to.be.instanceOf(CrossSiteError);
      const own = await send({ cookie: 'ann', 'sec-fetch-site': 'same-origin' });
      expect((await security.authenticate(own, { handshake: true }))?.user.username).to.equal('ann');
    }));

  it('fails with what a reply would have', () =>
    inScene(async ({ security, send }) => {
      const error = await failureOf(security.authenticate(await send({ authorization: 'Named nobody' })));
      expect(error.httpCode).to.equal(401);
      expect(error.headers).to.deep.include({
        'WWW-Authenticate': ['Named realm="notes"'],
        'Cache-Control': 'private, no-store',
      });
    }));
});

describe('recheck()', () => {
  beforeEach(reset);
  holdDeadlines();

  const loggedIn = (
    work: (scene: Scene & { login: Authentication; request: http.IncomingMessage }) => Promise<void>,
    name = 'ann',
    options: SecurityOptions = {},
  ) =>
    inScene(async (scene) => {
      const request = await scene.send({ authorization: `Named ${name}` });
      const login = await scene.security.authenticate(request);
      await work({ ...scene, login: login!, request });
    }, options);

  it('gives the login with the user as of now, asks for no credential, and can be repeated', () =>
    loggedIn(async ({ security, login, request, events }) => {
      users.set('ann', { ...users.get('ann')!, email: 'new@example.com', roles: ['editor'] });
      const told = events.length;
      const second = await security.recheck(request, login);
      expect(second.user.email).to.equal('new@example.com');
      expect(second).to.not.equal(login);
      for (const name of ['authenticatedAt', 'methods', 'scopes', 'provedBy', 'source', 'stamp'] as const) {
        expect(second[name], name).to.deep.equal(login[name]);
      }
      const third = await security.recheck(request, second);
      await security.authorize(request, third, (user: User) => user.email !== undefined, 'x');
      expect(asked).to.deep.equal(['ann']);
      expect(events.slice(told).map(({ type }) => type)).to.deep.equal(['allowed']);
    }));

  it('keeps what stood in for the header', () =>
    inScene(async ({ security, send }) => {
      const request = await send();
      const login = await security.authenticate(request, { authorization: 'Named ann' });
      const seen: unknown[] = [];
      again = (before, own, userstore) => {
        seen.push(own.header('authorization'), before);
        return userstore.getUser('ann');
      };
      await security.recheck(request, login!);
      expect(seen).to.deep.equal(['Named ann', login]);
    }));

  const ends: [what: string, change: (user: User) => void][] = [
    ['is gone', () => users.delete('ann')],
    ['is inactive', (user) => users.set('ann', { ...user, active: false })],
    ['has another id', (user) => users.set('ann', { ...user, id: 2 })],
    ['has another id, on the very record that the store gave', (user) => (user.id = 2)],
    ['has another tokensValidFrom', (user) => users.set('ann', { ...user, tokensValidFrom: new Date(6) })],
    ['has the same one set back', (user) => users.set('ann', { ...user, tokensValidFrom: new Date(4) })],
  ];
  for (const [what, change] of ends) {
    it(`refuses the login of a user who ${what}`, () =>
      loggedIn(async ({ security, login, request, events }) => {
        change(users.get('ann')!);
        const error = await failureOf(security.recheck(request, login));
        expect(error).to.be.instanceOf(BadCredentialsError);
        expect(error.toJSON()).to.deep.equal({
          ...{ name: 'BadCredentialsError', code: 'invalid_credentials', message: 'Unauthorized User' },
        });
        expect(events.at(-1)).to.include({ type: 'failed', code: 'invalid_credentials' });
      }));
  }

  it('goes by the store that the user came from', async () => {
    class First {
      static user: User | null = null;
      getUser(): User | null {
        return First.user;
      }
    }
    await loggedIn(
      async ({ security, login, request }) => {
        await security.recheck(request, login);
        First.user = { ...users.get('ann')! };
        expect(await failureOf(security.recheck(request, login))).to.be.instanceOf(BadCredentialsError);
      },
      'ann',
      { userstores: [First, Users] },
    );
  });

  it('lets the login of a user of no store stand until it expires', async () => {
    const expiresAt = new Date(1_700_000_100_000);
    let now = expiresAt.getTime() - 1;
    class Strange extends Named {
      override async authenticate(): Promise<never> {
        return new Authentication<User>({ username: 'stranger' }, { expiresAt }) as never;
      }
    }
    await loggedIn(
      async ({ security, login, request }) => {
        expect(await security.recheck(request, login)).to.equal(login);
        now += 1;
        expect(await failureOf(security.recheck(request, login))).to.be.instanceOf(BadCredentialsError);
      },
      'stranger',
      { providers: [Strange as never], clock: () => now },
    );
  });

  const answers: [what: string, answer: () => unknown, error: abstract new (...args: never[]) => unknown][] =
    [
      ['null', () => null, BadCredentialsError],
      ['undefined', () => undefined, BadCredentialsError],
      ['another user', () => ({ username: 'bob' }), BadCredentialsError],
      ['a user of no store', () => ({ username: 'ann', id: 1 }), BadCredentialsError],
      ['true', () => true, SecurityFaultError],
      ['a user without a name', () => ({ username: '' }), SecurityFaultError],
      ['a promise of null', async () => null, BadCredentialsError],
      ['no answer in time', () => hang(), ServiceUnavailableError],
    ];
  for (const [what, answer, error] of answers) {
    it(`refuses where the provider answers ${what}`, () =>
      loggedIn(async ({ security, login, request }) => {
        again = answer;
        expect(await failureOf(security.recheck(request, login))).to.be.instanceOf(error);
      }));
  }

  for (const [thrown, status] of [
    [new BadCredentialsError(), 401],
    [new AccountStatusError(), 401],
    [new AuthenticationRequiredError(), 500],
    [new ThrottledError(), 429],
    [new ServiceUnavailableError(), 503],
    [new Error('secret'), 500],
    [undefined, 500],
  ] as const) {
    it(`fails with ${String(status)} where the provider throws ${String(thrown?.constructor.name)}`, () =>
      loggedIn(async ({ security, login, request }) => {
        again = () => {
          throw thrown;
        };
        const error = await failureOf(security.recheck(request, login));
        expect(error.httpCode).to.equal(status);
        expect(JSON.stringify(error)).to.not.contain('secret');
      }));
  }

  it('keeps limits that the provider does not repeat, and takes those that it states', () =>
    loggedIn(async ({ security, login, request }) => {
      again = async (_login, _request, userstore) =>
        new Authentication((await userstore.getUser('ann'))!, { scopes: ['read'] });
      const narrowed = await security.recheck(request, login);
      expect(narrowed.scopes).to.deep.equal(['read']);
      expect(narrowed.authenticatedAt).to.deep.equal(login.authenticatedAt);
      again = (_login, _request, userstore) => userstore.getUser('ann');
      expect((await security.recheck(request, narrowed)).scopes).to.deep.equal(['read']);
    }));

  it('takes no request but that of the login, whose proofs another request does not have', () =>
    loggedIn(async ({ security, login, request, send }) => {
      let times = 0;
      again = (_login, _request, userstore) => ((times += 1), userstore.getUser('ann'));
      const other = await send({ authorization: 'Named ann' });
      expect(await failureOf(security.recheck(other, login))).to.be.instanceOf(SecurityFaultError);
      await security.authenticate(other);
      expect(await failureOf(security.recheck(other, login))).to.be.instanceOf(SecurityFaultError);
      expect(times).to.equal(0);
      await security.recheck(request, login);
      expect(times).to.equal(1);
    }));

  it('takes no login but those that this instance gave', () =>
    loggedIn(async ({ security, login, request }) => {
      for (const other of [new Authentication(login.user), new Authentication(login.user, login), null, {}]) {
        expect(await failureOf(security.recheck(request, other as never))).to.be.instanceOf(
          SecurityFaultError,
        );
      }
    }));
});
