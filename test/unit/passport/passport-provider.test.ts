import { expect } from 'chai';
import express from 'express';
import { Strategy as BearerStrategy } from 'passport-http-bearer';
import {
  Authentication,
  type AuthenticationResult,
  BadCredentialsError,
  ConfigurationError,
  InvalidRequestError,
  MalformedCredentialsError,
  type SecurityRequest,
  ServiceUnavailableError,
  ThrottledError,
  type User,
} from '../../../src';
import { type PassportOptions, PassportProvider, type PassportStrategy } from '../../../src/passport/index';
import { fakeRequest, type FakeRequestOptions } from '../../support/fake-request';
import { CrashWatch } from '../../support/scripted';

/** What a strategy has of Passport. */
interface Calls {
  success(user?: unknown, info?: unknown): void;
  fail(reason?: unknown, status?: unknown): void;
  error(error?: unknown): void;
  pass(): void;
  redirect(url: string): void;
}

interface Seen {
  method: string;
  url: string;
  originalUrl: string;
  headers: Record<string, string | undefined>;
  body?: object;
  cookies: Record<string, string>;
  query: object;
  signedCookies: object;
  params: object;
  protocol: string;
  app: { get(name: string): unknown };
  get(name: string): string | undefined;
  session?: unknown;
  logIn?: unknown;
}

type Script = (this: Calls, request: Seen, options: object) => unknown;

const KEY = { reads: { header: 'x-key' } } as const;
const ANN = { username: 'ann' };
const nobody = { getUser: () => null };
const down = Object.assign(new Error('down'), { code: 'ECONNREFUSED' });

function requestWith(options: FakeRequestOptions = {}, more: object = {}): SecurityRequest {
  const headers = options.headers ?? { 'x-key': 'k' };
  const rawHeaders = Object.entries(headers).flat();
  return {
    ...fakeRequest({ ...options, headers }),
    action: { request: { headers, rawHeaders, socket: {}, ...more }, response: {} },
  };
}

function run(
  script: Script,
  options: PassportOptions = KEY,
  request = requestWith(),
): Promise<AuthenticationResult> {
  const strategy = { authenticate: script } as PassportStrategy;
  return new PassportProvider(strategy, options).authenticate(request, nobody);
}

async function loginOf(script: Script, options?: PassportOptions, request?: SecurityRequest) {
  const result = await run(script, options, request);
  if (!(result instanceof Authentication)) throw new Error('No login');
  return result;
}

async function errorOf(script: Script, options?: PassportOptions): Promise<unknown> {
  try {
    await run(script, options);
  } catch (error) {
    return error;
  }
  throw new Error('It was not refused');
}

describe('PassportProvider', () => {
  it('tells wrong, malformed and throttled credentials by the status, and says nothing of its text', async () => {
    const failures: [unknown, unknown, new () => Error][] = [
      ['Basic realm="x"', undefined, BadCredentialsError],
      [undefined, undefined, BadCredentialsError],
      [{ message: 'no' }, 403, BadCredentialsError],
      [new Error('no'), null, BadCredentialsError],
      [401, undefined, BadCredentialsError],
      [400, undefined, MalformedCredentialsError],
      [{ message: 'no' }, 400, MalformedCredentialsError],
      [429, undefined, ThrottledError],
      ['slow', 429, ThrottledError],
    ];
    for (const [reason, status, kind] of failures) {
      const error = await errorOf(function () {
        this.fail(reason, status);
      });
      expect(error, String(reason)).to.be.instanceOf(kind);
      expect(JSON.stringify(error)).to.not.match(/realm|no"|slow/);
    }
  });

  it('takes errors of the network, and what the app says, for an outage, however they come', async () => {
    const own = new Error('the directory is busy');
    const options = { ...KEY, isOutage: (error: unknown) => error === own };
    for (const error of [down, new Error('x', { cause: down }), own]) {
      const ways: Script[] = [
        function () {
          this.error(error);
        },
        function () {
          this.fail(error, 500);
        },
        () => {
          throw error;
        },
        () => Promise.reject(error),
      ];
      for (const way of ways) {
        expect(await errorOf(way, options)).to.be.instanceOf(ServiceUnavailableError);
      }
    }
  });

  it('hands on errors of the family as they are, and all others as mistakes', async () => {
    for (const error of [new ThrottledError(), new ServiceUnavailableError(), new TypeError('a mistake')]) {
      expect(await errorOf(function () { this.error(error); })).to.equal(error); // prettier-ignore
      expect(await errorOf(() => Promise.reject(error))).to.equal(error);
    }
    expect(await errorOf(function () { this.error(); })).to.be.instanceOf(Error); // prettier-ignore
    const unsure = { ...KEY, isOutage: () => 'yes' as never };
    expect(await errorOf(function () { this.error(new Error('x')); }, unsure)).to.be.instanceOf(TypeError); // prettier-ignore
  });

  it('counts the first call alone', async () => {
    const first = await loginOf(function () {
      this.success(ANN);
      this.fail();
      this.error(new Error('late'));
      throw new Error('later');
    });
    expect(first.user).to.equal(ANN);
    const refused = await errorOf(function () {
      this.fail();
      this.success(ANN);
    });
    expect(refused).to.be.instanceOf(BadCredentialsError);
    expect(await run(function () { this.pass(); this.success(ANN); })).to.equal(null); // prettier-ignore
  });

  it('never takes a promise, or nobody, for a user or for no credentials', async () => {
    using watch = new CrashWatch();
    for (const user of [undefined, null, Promise.resolve(ANN), Promise.resolve(null), Promise.reject(down)]) {
      expect(await errorOf(function () { this.success(user); })).to.be.instanceOf(TypeError); // prettier-ignore
    }
    await errorOf(function () {
      this.fail();
      this.success(Promise.reject(down), Promise.reject(down));
    });
    expect(await watch.settled()).to.deep.equal([]);
    expect(await run(function () { this.success(false); })).to.equal(false); // prettier-ignore
  });

  it('takes the scopes that are stated, none for Bearer without them, and no limit that cannot be read', async () => {
    const bearer = { reads: { scheme: 'BEARER' } };
    const request = requestWith({ headers: { authorization: 'Bearer x' } });
    const stated = (info: unknown): Script => function () { this.success(ANN, info); }; // prettier-ignore
    expect((await loginOf(stated({ scope: 'a  b' }))).scopes).to.deep.equal(['a', 'b']);
    expect((await loginOf(stated({ scope: ['a'] }))).scopes).to.deep.equal(['a']);
    for (const info of [undefined, {}, 'a text', null]) {
      expect((await loginOf(stated(info))).scopes).to.equal(undefined);
      expect((await loginOf(stated(info), bearer, request)).scopes).to.deep.equal([]);
    }
    for (const scope of [null, 1, { a: true }, ['a b'], ['"'], [1]]) {
      expect(await errorOf(stated({ scope })), JSON.stringify(scope)).to.be.instanceOf(TypeError);
    }
  });

  it('maps users by toUser, which gets what the strategy says, and refuses those whom it does not find', async () => {
    const given: unknown[] = [];
    const options: PassportOptions = {
      ...KEY,
      methods: ['pwd'],
      toUser: (profile, { info, userstore, request }) => {
        given.push(profile, info, userstore, request.header('x-key'));
        return Promise.resolve(ANN);
      },
    };
    const script: Script = function () {
      this.success('profile', 'info');
    };
    const login = await loginOf(script, options);
    expect([login.user, login.methods, given]).to.deep.equal([
      ANN,
      ['pwd'],
      ['profile', 'info', nobody, 'k'],
    ]);
    for (const found of [null, undefined]) {
      expect(await errorOf(script, { ...KEY, toUser: () => found })).to.be.instanceOf(BadCredentialsError);
    }
    expect(await errorOf(script, { ...KEY, toUser: () => Promise.reject(down) })).to.equal(down);
  });

  it('keeps all of a login that toUser states, and limits it as the strategy does', async () => {
    const at = new Date(5_000);
    const details = { authenticatedAt: at, roles: ['r'], claims: { a: 1 }, expiresAt: new Date(9_000) };
    const script: Script = function () {
      this.success(ANN, { scope: 'read' });
    };
    const options = { ...KEY, methods: ['pwd'], toUser: () => new Authentication<User>(ANN, details) };
    const login = await loginOf(script, options);
    expect(login).to.deep.include({ ...details, scopes: ['read'], methods: ['pwd'] });
    const own = () =>
      new Authentication<User>(ANN, { authenticatedAt: null, scopes: ['x'], methods: ['otp'] });
    const other = await loginOf(script, { ...options, toUser: own });
    expect([other.scopes, other.methods, other.authenticatedAt]).to.deep.equal([['x'], ['otp'], undefined]);
  });

  it('gives the strategy a request of its own, with nothing that it does not read', async () => {
    let seen: Seen | undefined;
    let got: object | undefined;
    const look: Script = function (request, options) {
      [seen, got] = [request, options];
      this.pass();
    };
    const headers = {
      'x-key': 'k',
      authorization: 'Bearer t',
      cookie: 'a=1; a=2; b="x%20y"; c=%zz',
      'user-agent': 'u',
    };
    const request = requestWith(
      { method: 'POST', url: '/p?q=1', path: '/p', headers },
      { body: { name: 'n', other: 'o' }, params: { id: '7' }, session: {}, query: { q: '1' } },
    );
    const given = { session: false };
    await run(look, { ...KEY, options: given }, request);
    expect({ ...seen!.headers }).to.deep.equal({ 'x-key': 'k', 'user-agent': 'u' });
    expect(seen).to.deep.include({ method: 'POST', url: '/p?q=1', originalUrl: '/p?q=1', protocol: 'http' });
    expect([seen!.query, seen!.signedCookies, seen!.cookies, seen!.params]).to.deep.equal([
      {},
      {},
      {},
      { id: '7' },
    ]);
    expect([seen!.get('Authorization'), seen!.get('cookie'), seen!.get('X-Key')]).to.deep.equal([
      undefined,
      undefined,
      'k',
    ]);
    expect(seen).to.not.have.any.keys('body', 'session', 'logIn', 'user');
    expect(seen!.app.get('trust proxy')).to.equal(undefined);
    expect(got).to.deep.equal(given);
    expect(got).to.not.equal(given);
    await run(look, { reads: { cookie: 'b' } }, request);
    expect({ ...seen!.cookies }).to.deep.equal({ a: '1', b: 'x y', c: '%zz' });
    expect([seen!.headers['cookie'], seen!.headers['authorization']]).to.deep.equal([
      headers.cookie,
      undefined,
    ]);
    await run(look, { reads: { body: ['name'] } }, request);
    expect(seen!.body).to.deep.equal({ name: 'n' });
    await run(look, { reads: { scheme: 'bearer' } }, request);
    expect(seen!.headers['authorization']).to.equal('Bearer t');
  });

  it('does not call the strategy without what it reads', async () => {
    const never: Script = () => expect.fail('it was called');
    const headers = { cookie: 'a=1; a=2; empty=', authorization: 'Bearer t', 'x-empty': '' };
    const request = requestWith({ headers }, { body: { name: '', list: ['x'], deep: { x: 1 } } });
    const absent: PassportOptions['reads'][] = [
      { scheme: 'basic' },
      { header: 'x-key' },
      { header: 'x-empty' },
      { cookie: 'a' },
      { cookie: 'empty' },
      { cookie: 'toString' },
      { body: ['name'] },
      { body: ['list'] },
      { body: ['deep'] },
      { body: ['constructor'] },
      { tls: true },
    ];
    for (const reads of absent) expect(await run(never, { reads }, request)).to.equal(null);
  });

  it('refuses a header on two lines, whichever it is', async () => {
    const request = requestWith({}, { rawHeaders: ['X-Key', 'a', 'x-key', 'b'] });
    const error = await run(function () { this.success(ANN); }, KEY, request).catch((thrown: unknown) => thrown); // prettier-ignore
    expect(error).to.be.instanceOf(InvalidRequestError);
  });

  it('runs an object of its own for each request, that inherits from the strategy, frozen or not', async () => {
    const seen = new Set<unknown>();
    class Strategy {
      readonly kept = 'kept';
      success(_user: object): void {
        expect.fail('the own method is not the one');
      }
      authenticate(): void {
        seen.add(this);
        this.success({ username: this.kept });
      }
    }
    const strategy = Object.freeze(new Strategy());
    const provider = new PassportProvider(strategy, KEY);
    for (let count = 0; count < 2; count += 1) {
      const login = (await provider.authenticate(requestWith(), nobody)) as Authentication;
      expect(login.user.username).to.equal('kept');
    }
    expect([seen.size, seen.has(strategy)]).to.deep.equal([2, false]);
  });

  it('says what it reads to the chain and to documents', () => {
    const strategy: PassportStrategy = new BearerStrategy((_token, done) => done(null, false));
    const of = (options: PassportOptions) => new PassportProvider(strategy, options);
    const bearer = of({ reads: { scheme: 'bearer' } });
    expect(bearer).to.deep.include({ credential: 'authorization', schemes: ['bearer'], proves: 'token' });
    expect([bearer.challenge(), bearer.needsUserstore]).to.deep.equal([{ scheme: 'Bearer' }, false]);
    expect(bearer.describe()).to.deep.equal({
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
    });
    expect(of({ reads: { scheme: 'bearer' }, challenge: null }).challenge()).to.equal(undefined);
    const header = of({ reads: { header: 'X-Key' }, challenge: { scheme: 'Key' }, proves: 'key' });
    expect([header.credential, header.schemes, header.proves]).to.deep.equal(['x-key', undefined, 'key']);
    expect(header.challenge()).to.deep.equal({ scheme: 'Key' });
    expect(of({ reads: { cookie: 'a' } }).credential).to.equal('cookie');
    expect(of({ reads: { tls: true } }).describe()).to.deep.equal({
      securitySchemes: { mutualTLS: { type: 'mutualTLS' } },
    });
    const body = of({ reads: { body: ['a'] }, needsUserstore: true });
    expect([body.credential, body.challenge(), body.describe(), body.needsUserstore]).to.deep.equal([
      'body',
      undefined,
      {},
      true,
    ]);
  });

  it('refuses options that are not valid', () => {
    const strategy = { authenticate: () => undefined };
    const wrong: object[] = [
      {},
      { reads: {} },
      { reads: 'authorization' },
      { reads: { scheme: 'a', header: 'b' } },
      { reads: { scheme: 'two words' } },
      { reads: { header: 'Cookie' } },
      { reads: { header: 'tls' } },
      { reads: { body: [] } },
      { reads: { body: [''] } },
      { reads: { tls: false } },
      { reads: { query: 'token' } },
      { reads: { toString: 'x' } },
      { ...KEY, challenge: { scheme: 'a b' } },
      { ...KEY, challenge: 'Bearer' },
      { ...KEY, proves: 'password' },
      { ...KEY, methods: ['', 'x'] },
      { ...KEY, options: null },
      { ...KEY, toUser: {} },
      { ...KEY, needsUserstore: 'yes' },
      { ...KEY, isOutage: true },
      { ...KEY, read: {} },
    ];
    for (const options of wrong) {
      const make = () => new PassportProvider(strategy, options as PassportOptions);
      expect(make, JSON.stringify(options)).to.throw(ConfigurationError, /^PassportProvider: /);
    }
    for (const nothing of [undefined, null, {}, express.Router]) {
      expect(() => new PassportProvider(nothing as never, KEY)).to.throw(ConfigurationError, /strategy/);
    }
  });
});
