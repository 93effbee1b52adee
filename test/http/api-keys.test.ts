import { inspect } from 'node:util';
import { expect } from 'chai';
import { Authorized, Get, JsonController } from 'routing-controllers';
import { Container } from 'typedi';
import {
  apiKeyController,
  type ApiKeyControllerOptions,
  ApiKeyProvider,
  type ApiKeyProviderOptions,
  ApiKeys,
  type ApiKeysOptions,
  Authentication,
  type AuthProviderInterface,
  type Constructor,
  CurrentAuthentication,
  MemoryUserstore,
  type Problem,
  PROBLEM_SOURCE,
  recentLogin,
  scope,
  type SecurityOptions,
  ServiceUnavailableError,
  TokenProvider,
  TokenService,
  type User,
} from '../../src';
import { basic } from '../support/drivers';
import { OWN_DRIVERS } from '../support/own-drivers';
import { eventually } from '../support/eventually';
import { HASH, keyProviderOf, Password, PASSWORD, WatchedState } from '../support/key-fixtures';
import { reset } from '../support/reset';
import { BODIES, startApi, toReply } from '../support/scripted';

const DAY = 24 * 60 * 60 * 1000;
const START = Date.UTC(2026, 0, 1);
const ANN = basic('ann', PASSWORD);

/** Authenticates whoever the header names, as a session would. */
class Session implements AuthProviderInterface {
  readonly credential = 'x-session';
  readonly proves = 'session';
  authenticate(
    request: Parameters<AuthProviderInterface['authenticate']>[0],
    userstore: { getUser(name: string): unknown },
  ) {
    const [name, at] = (request.header('x-session') ?? '').split('@');
    if (name === undefined || at === undefined) return null;
    return new Authentication(userstore.getUser(name) as User, {
      authenticatedAt: at === 'unknown' ? null : new Date(Number(at)),
    });
  }
}

/** Brings users of its own. */
class Visitors implements AuthProviderInterface {
  readonly credential = 'x-visitor';
  readonly proves = 'login';
  readonly needsUserstore = false;
  authenticate(request: Parameters<AuthProviderInterface['authenticate']>[0]) {
    const username = request.header('x-visitor');
    return username === undefined ? null : { username };
  }
}

/** Made anew for each test, as decorators are forgotten between them. */
function probe(): Constructor<object> {
  @JsonController()
  class Probe {
    @Authorized()
    @Get('/who')
    who(@CurrentAuthentication() login: Authentication) {
      const { user, provedBy, methods, scopes, authenticatedAt, expiresAt, claims, familyId } = login;
      return {
        username: user.username,
        provedBy,
        methods,
        scopes: scopes ?? null,
        authenticatedAt: authenticatedAt ?? null,
        expiresAt,
        claims,
        familyId: familyId ?? null,
      };
    }
    @Authorized(recentLogin({ maxAgeSeconds: 300 })) @Get('/recent') recent() {
      return 'ok';
    }
    @Authorized(scope('notes:write')) @Get('/write') write() {
      return 'ok';
    }
    @Authorized('admin') @Get('/admin') admin() {
      return 'ok';
    }
    @Get('/open') open() {
      return 'ok';
    }
  }
  return Probe;
}

for (const driver of OWN_DRIVERS) {
  describe(`API keys on ${driver.name}`, () => {
    let now: number;
    let state: WatchedState;
    let users: User[];

    beforeEach(() => {
      reset();
      now = START;
      state = new WatchedState(() => now);
      users = [
        { username: 'ann', password: HASH, roles: ['admin'] },
        { username: 'ben', password: HASH },
      ];
    });

    it('warns at start when no provider takes the keys that the controller gives out', async () => {
      class Keys extends ApiKeys {
        constructor() {
          super({ state, prefix: 'notes' });
        }
      }
      class Users extends MemoryUserstore {
        constructor() {
          super({ users });
        }
      }
      const service = new Keys();
      Container.set(Keys, service);
      const warnings = async (...providers: Constructor<AuthProviderInterface>[]) => {
        const api = await startApi(driver, {
          host: { controllers: [apiKeyController({ keys: Keys })] },
          security: { userstores: [Users], providers },
        });
        await api.server.close();
        await api.security.close();
        return api.logger.lines.filter((line) => line.includes('no ApiKeyProvider holds'));
      };
      const others = new ApiKeys({ state, prefix: 'others' });
      expect(await warnings(Password)).to.have.length(1);
      expect((await warnings(Password, keyProviderOf(others)))[0]).to.include('holds Keys');
      expect(await warnings(Password, keyProviderOf(service))).to.deep.equal([]);
    });

    interface SetUp {
      keys?: Partial<ApiKeysOptions>;
      provider?: ApiKeyProviderOptions;
      controller?: Partial<ApiKeyControllerOptions>;
      security?: Partial<SecurityOptions>;
    }

    const setUp = async ({ keys = {}, provider, controller, security = {} }: SetUp = {}) => {
      class Keys extends ApiKeys {
        constructor() {
          super({ state, prefix: 'notes', ...keys });
        }
      }
      const service = new Keys();
      class Users extends MemoryUserstore {
        constructor() {
          super({ users });
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
      const tokens = new Tokens();
      class Token extends TokenProvider {
        constructor() {
          super(tokens);
        }
      }
      const Key = keyProviderOf(service, provider);
      const container = {
        get: <T>(cls: Constructor<T>): T => {
          const made: unknown =
            cls === (Keys as unknown) ? service : (singletons.get(cls) ?? new (cls as new () => object)());
          singletons.set(cls, made);
          return made as T;
        },
      };
      const singletons = new Map<unknown, unknown>();
      const api = await startApi(driver, {
        security: {
          container,
          userstores: [Users],
          providers: [Password, Token, Key, Session, Visitors],
          clock: () => now,
          ...security,
        },
        host: { controllers: [probe(), apiKeyController({ keys: Keys, ...controller })] },
      });
      const send = async (
        method: string,
        path: string,
        headers: Record<string, string> = {},
        body?: unknown,
      ) => {
        const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
        const type = text === undefined ? {} : { 'content-type': 'application/json' };
        return toReply(await api.server.raw(path, { method, headers: { ...type, ...headers } }, text));
      };
      const create = async (body: unknown = { name: 'build' }, headers = ANN) => {
        const reply = await send('POST', '/api-keys', headers, body);
        expect(reply.status, reply.text).to.equal(201);
        return reply.json() as unknown as { key: string; info: { id: string; hint: string } };
      };
      return Object.assign(api, { service, tokens, send, create });
    };

    const inHeader = (key: string) => ({ 'x-api-key': key });
    const asBearer = (key: string) => ({ authorization: `Bearer ${key}` });
    const failedOutcomes = (api: Awaited<ReturnType<typeof setUp>>) => {
      const event = api.events.findLast(({ type }) => type === 'failed');
      return event?.type === 'failed'
        ? Object.fromEntries(event.outcomes.map(({ provider, verdict }) => [provider, verdict]))
        : undefined;
    };

    describe('the controller', () => {
      it('makes a key that is shown once, lists it and ends it', async () => {
        await using api = await setUp();
        const made = await api.send('POST', '/api-keys', ANN, { name: 'build', scopes: ['a'], days: 7 });
        expect(made.status).to.equal(201);
        expect(made.headers['cache-control']).to.include('no-store');
        const { key, info } = made.json() as { key: string; info: Record<string, unknown> };
        expect(info).to.deep.equal({
          id: key.slice(6, 22),
          name: 'build',
          hint: `${key.slice(0, 10)}…${key.slice(-4)}`,
          scopes: ['a'],
          createdAt: new Date(START).toJSON(),
          expiresAt: new Date(START + 7 * DAY).toJSON(),
        });
        const listed = await api.get('/api-keys', ANN);
        expect(listed.status).to.equal(200);
        expect(listed.headers['cache-control']).to.include('no-store');
        expect(listed.json()).to.deep.equal([info]);
        expect(listed.text).not.to.include(key.slice(23, 66));
        expect((await api.get('/who', inHeader(key))).status).to.equal(200);
        const ended = await api.send('DELETE', `/api-keys/${String(info['id'])}`, ANN);
        expect(ended.status).to.equal(204);
        expect(ended.text).to.equal('');
        expect(ended.headers['cache-control']).to.include('no-store');
        expect((await api.get('/who', inHeader(key))).status).to.equal(401);
        expect((await api.get('/api-keys', ANN)).json()).to.deep.equal([]);
        expect((await api.send('DELETE', `/api-keys/${String(info['id'])}`, ANN)).status).to.equal(404);
      });

      it('shows and ends nothing of other users', async () => {
        await using api = await setUp();
        const { key, info } = await api.create();
        const ben = basic('ben', PASSWORD);
        expect((await api.get('/api-keys', ben)).json()).to.deep.equal([]);
        for (const id of [info.id, 'x', '%00', 'a%2Fb', '0'.repeat(16)]) {
          const { status, text } = await api.send('DELETE', `/api-keys/${id}`, ben);
          expect(status, id).to.equal(404);
          expect(text).not.to.include(info.id);
        }
        expect((await api.get('/who', inHeader(key))).status).to.equal(200);
      });

      it('takes a login of this request and a young session, and no other credential', async () => {
        await using api = await setUp();
        const { key } = await api.create();
        const token = api.tokens.issue(
          new Authentication({ username: 'ann' }, { authenticatedAt: new Date(now) }),
        ).token;
        now += 300_000;
        const fresh = String(now - 300_000);
        const cases: [Record<string, string>, number, string?][] = [
          [ANN, 200],
          [{ 'x-session': `ann@${fresh}` }, 200],
          [{ 'x-session': `ann@${String(now)}` }, 200],
          [{ 'x-session': `ann@${String(Number(fresh) - 1)}` }, 403, 'insufficient_user_authentication'],
          [{ 'x-session': 'ann@unknown' }, 403, 'insufficient_user_authentication'],
          [{ 'x-session': 'ann@NaN' }, 403, 'insufficient_user_authentication'],
          [{ 'x-session': `ann@${String(now + 3_600_000)}` }, 403, 'insufficient_user_authentication'],
          [asBearer(token), 403, 'access_denied'],
          [asBearer(key), 403, 'access_denied'],
          [inHeader(key), 403, 'access_denied'],
          [{ 'x-visitor': 'ann' }, 403, 'access_denied'],
          [{}, 401, 'authentication_required'],
        ];
        const before = state.entries.size;
        for (const [headers, status, code] of cases) {
          for (const [method, path, body] of [
            ['GET', '/api-keys', undefined],
            ['POST', '/api-keys', { name: '' }],
            ['DELETE', '/api-keys/0123456789abcdef', undefined],
          ] as const) {
            const reply = await api.send(method, path, headers, body);
            const expected = status !== 200 ? status : method === 'GET' ? 200 : method === 'POST' ? 400 : 404;
            expect(reply.status, `${method} ${inspect(headers)}`).to.equal(expected);
            if (code !== undefined) expect(reply.json()).to.include({ code });
            if (reply.status !== 404) expect(reply.headers['cache-control']).to.include('no-store');
          }
        }
        expect(state.entries.size).to.equal(before);
      });

      it('refuses wishes that cannot be granted', async () => {
        await using api = await setUp({ keys: { maxPerUser: 1 } });
        const wishes: unknown[] = [
          {},
          { name: '' },
          { name: 'x'.repeat(101) },
          { name: 7 },
          [],
          '[{"name":"x"}]',
          { name: 'x', scope: ['a'] },
          { name: 'x', days: 367 },
          { name: 'x', days: '7' },
          { name: 'x', scopes: 'a' },
          '{"name":"x","__proto__":{}}',
          undefined,
        ];
        for (const wish of wishes) {
          const reply = await api.send('POST', '/api-keys', ANN, wish);
          expect(reply.status, inspect(wish)).to.equal(400);
        }
        expect((await api.send('POST', '/api-keys', ANN, {})).json()).to.deep.equal(BODIES.invalidRequest);
        expect(state.entries.size).to.equal(0);
        await api.create();
        const full = await api.send('POST', '/api-keys', ANN, { name: 'x' });
        expect(full.status).to.equal(400);
        expect(full.json()).to.deep.equal(BODIES.invalidRequest);
      });

      it('asks for some of the scopes of the app where it has them', async () => {
        await using api = await setUp({ controller: { scopes: ['notes:read', 'notes:write'] } });
        const wrong = [
          undefined,
          [],
          ['notes:admin'],
          ['notes:read', 'x'],
          'notes:read',
          [['notes:read']],
          {},
          null,
        ];
        for (const scopes of wrong) {
          expect(
            (await api.send('POST', '/api-keys', ANN, { name: 'x', scopes })).status,
            inspect(scopes),
          ).to.equal(400);
        }
        const { key } = await api.create({ name: 'x', scopes: ['notes:read'] });
        expect((await api.get('/who', inHeader(key))).json()).to.deep.include({ scopes: ['notes:read'] });
        expect((await api.get('/write', inHeader(key))).status).to.equal(403);
        const { key: writer } = await api.create({ name: 'x', scopes: ['notes:write', 'notes:read'] });
        expect((await api.get('/write', inHeader(writer))).status).to.equal(200);
      });

      it('answers 503 while the state is down, and tells nothing of a fault', async () => {
        await using api = await setUp();
        const { info } = await api.create();
        for (const [error, body] of [
          [new ServiceUnavailableError({ cause: new Error('secret host') }), BODIES.unavailable],
          [new Error('secret host'), BODIES.fault],
        ] as const) {
          const fail = () => Promise.reject(error);
          Object.assign(state, { list: fail, get: fail, set: fail, delete: fail });
          for (const [method, path, wish] of [
            ['GET', '/api-keys', undefined],
            ['POST', '/api-keys', { name: 'x' }],
            ['DELETE', `/api-keys/${info.id}`, undefined],
          ] as const) {
            const reply = await api.send(method, path, ANN, wish);
            expect(reply.json(), method).to.deep.equal(body);
            expect(reply.text).not.to.include('secret');
          }
        }
      });

      it('is where the app wants it, guarded, and tells of what it did', async () => {
        await using api = await setUp({ controller: { path: '/me/keys' } });
        expect((await api.get('/api-keys', ANN)).status).to.equal(404);
        const reply = await api.send('POST', '/me/keys', ANN, { name: 'x' });
        const { info, key } = reply.json() as { key: string; info: { id: string; hint: string } };
        await api.send('DELETE', `/me/keys/${info.id}`, ANN);
        const told = api.events.filter(({ type }) => type.startsWith('key_'));
        const { id: keyId, hint } = info;
        const common = { user: 'Users:ann', keyId, hint, ip: '127.0.0.1' };
        expect(told).to.have.length(2);
        expect(told[0]).to.include({ type: 'key_created', method: 'POST', path: '/me/keys', ...common });
        const route = driver.isPlain ? undefined : '/me/keys/:id';
        expect(told[1]).to.include({ type: 'key_ended', method: 'DELETE', route, ...common });
        const heard = JSON.stringify(api.events) + api.logger.lines.join('\n');
        expect(heard).not.to.include(key.slice(23, 66));
      });
    });

    describe('the provider', () => {
      it('authenticates a key in its own header and as a bearer token', async () => {
        await using api = await setUp();
        const { key, info } = await api.create({ name: 'x', scopes: ['a'] });
        for (const headers of [
          inHeader(key),
          asBearer(key),
          { authorization: `bEARER  ${key}` },
          { 'X-API-Key': key },
        ]) {
          const reply = await api.get('/who', headers);
          expect(reply.status).to.equal(200);
          expect(reply.json()).to.deep.equal({
            username: 'ann',
            provedBy: 'key',
            methods: ['api_key'],
            scopes: ['a'],
            authenticatedAt: null,
            expiresAt: new Date(START + 90 * DAY).toJSON(),
            claims: { keyId: info.id },
            familyId: null,
          });
        }
        expect((await api.get('/admin', inHeader(key))).status).to.equal(200);
      });

      it('is no login: what asks for a recent one refuses it', async () => {
        await using api = await setUp();
        const { key } = await api.create();
        const [ann] = users;
        const { token } = api.tokens.issue(new Authentication(ann!, { authenticatedAt: new Date(now) }));
        expect((await api.get('/recent', { authorization: `Bearer ${token}` })).status).to.equal(200);
        expect((await api.get('/recent', inHeader(key))).status).to.be.oneOf([401, 403]);
        expect((await api.get('/recent', asBearer(key))).status).to.be.oneOf([401, 403]);
      });

      it('refuses wrong keys for good, and tells nothing of why', async () => {
        await using api = await setUp();
        const { key } = await api.create();
        const { key: ended, info } = await api.create();
        await api.send('DELETE', `/api-keys/${info.id}`, ANN);
        const flipped = key.slice(0, 30) + (key[30] === 'a' ? 'b' : 'a') + key.slice(31);
        const texts = [new Set<string>(), new Set<string>()];
        for (const wrong of [
          ended,
          flipped,
          key.slice(0, -1),
          `${key}0`,
          'notes_',
          'notes_x',
          key.toUpperCase().replace('NOTES', 'notes'),
        ]) {
          for (const [at, headers] of [inHeader(wrong), asBearer(wrong)].entries()) {
            const reply = await api.get('/who', headers);
            expect(reply.status, wrong).to.equal(401);
            expect(reply.json()).to.deep.equal(BODIES.bad);
            texts[at]!.add(JSON.stringify(reply.challenges));
            expect(failedOutcomes(api)).to.include({
              Key: 'bad_credentials',
              Token: at === 0 ? 'no_credentials' : 'not_mine',
            });
          }
        }
        for (const challenges of texts) expect(challenges.size).to.equal(1);
        expect([...texts[1]!][0]).to.include('invalid_token');
        // In its own header nothing is anybody else's.
        for (const rubbish of ['x', 'other_key', '', key + ', ' + key, `Bearer ${key}`]) {
          expect((await api.get('/who', inHeader(rubbish))).status, rubbish).to.equal(401);
        }
      });

      it('takes one key a request', async () => {
        await using api = await setUp();
        const { key } = await api.create();
        const { key: other } = await api.create();
        for (const headers of [
          { ...inHeader(key), ...asBearer(key) },
          { ...inHeader(key), ...asBearer(other) },
          { ...inHeader(key), ...asBearer('notes_x') },
        ]) {
          const reply = await api.get('/who', headers);
          expect(reply.status).to.equal(400);
          expect(reply.json()).to.deep.equal(BODIES.invalidRequest);
        }
        const twice = await api.server.raw('/who', { headers: { 'x-api-key': [key, key] } });
        expect(twice.status).to.equal(401);
      });

      it('leaves bearer tokens of others alone, and reads none where it is not to', async () => {
        await using api = await setUp({ provider: { bearer: false, header: 'X-Notes-Key' } });
        const { key } = await api.create();
        const token = api.tokens.issue(
          new Authentication({ username: 'ben' }, { authenticatedAt: new Date(now) }),
        ).token;
        expect((await api.get('/who', asBearer(token))).json()).to.include({
          username: 'ben',
          provedBy: 'token',
        });
        expect((await api.get('/who', { 'x-notes-key': key })).json()).to.include({ provedBy: 'key' });
        expect((await api.get('/who', { 'x-notes-key': key, ...asBearer(key) })).status).to.equal(200);
        const refused = await api.get('/who', asBearer(key));
        expect(refused.status).to.equal(401);
        expect(failedOutcomes(api)).to.include({ Key: 'no_credentials' });
        expect((await api.get('/who', inHeader(key))).status).to.equal(401);
        expect((await api.get('/who')).challenges.join()).to.include('ApiKey');
      });

      it('ends with its time, its user and its account', async () => {
        await using api = await setUp();
        const { key } = await api.create({ name: 'x', days: 1 });
        const status = async () => (await api.get('/who', asBearer(key))).status;
        now = START + DAY - 1;
        expect(await status()).to.equal(200);
        now = START + DAY;
        expect(await status()).to.equal(401);
        now = START;
        expect(await status()).to.equal(200);
      });

      const owners: [
        what: string,
        before: Partial<User>,
        after: Partial<User> | null,
        keep: number,
        end: number,
      ][] = [
        ['nothing changes', {}, {}, 200, 200],
        ['the user is gone', {}, null, 401, 401],
        ['the user is inactive', {}, { active: false }, 401, 401],
        ['the password changes', {}, { tokensValidFrom: new Date(START) }, 200, 401],
        ['the stamp moves', { tokensValidFrom: new Date(5) }, { tokensValidFrom: new Date(6) }, 200, 401],
        ['the stamp stays', { tokensValidFrom: new Date(5) }, { tokensValidFrom: new Date(5) }, 200, 200],
        ['the stamp is taken away', { tokensValidFrom: new Date(5) }, {}, 200, 401],
        ['another person has the name', { id: 1 }, { id: 2 }, 401, 401],
        ['a person without an id has the name', { id: 1 }, {}, 401, 401],
        ['a person with an id has the name', {}, { id: 1 }, 401, 401],
        ['the id stays', { id: 'x' }, { id: 'x' }, 200, 200],
        ['the id becomes a text', { id: 7n }, { id: '7' }, 200, 200],
        ['the roles change', {}, { roles: ['admin'] }, 200, 200],
      ];
      for (const [what, before, after, keep, end] of owners) {
        it(`counts as it should when ${what}`, async () => {
          for (const [whenPasswordChanges, expected] of [
            ['keep', keep],
            ['end', end],
          ] as const) {
            let record: User | null = { username: 'ann', password: HASH, ...before };
            class Store {
              readonly hasTokensValidFrom = true;
              getUser(name: string) {
                return record !== null && record.username === name ? record : null;
              }
            }
            await using api = await setUp({
              keys: { whenPasswordChanges },
              security: { userstores: [Store] },
            });
            const { key } = await api.create();
            record = after === null ? null : { username: 'ann', password: HASH, ...after };
            for (const headers of [inHeader(key), asBearer(key)]) {
              expect((await api.get('/who', headers)).status, whenPasswordChanges).to.equal(expected);
            }
            // What is refused for now is good again when it was only the account.
            record = { username: 'ann', password: HASH, ...before };
            expect((await api.get('/who', asBearer(key))).status).to.equal(200);
          }
        });
      }

      it('is of the userstore that had its user', async () => {
        const storeOf = (name: string, ...named: string[]) => {
          const ofStore = class {
            readonly name = name;
            getUser = (asked: string) => (named.includes(asked) ? { username: asked, password: HASH } : null);
            remove = (gone: string) => void named.splice(named.indexOf(gone), 1);
          };
          return Object.defineProperty(ofStore, 'name', { value: name });
        };
        const Staff = storeOf('Staff', 'ann');
        const Customers = storeOf('Customers', 'ann', 'ben');
        const staff = new Staff();
        class First extends Staff {
          override getUser = staff.getUser;
        }
        await using api = await setUp({ security: { userstores: [First, Customers] } });
        const { key } = await api.create();
        const { key: bens, info } = await api.create({ name: 'x' }, basic('ben', PASSWORD));
        expect((await api.get('/who', asBearer(key))).status).to.equal(200);
        expect((await api.get('/who', asBearer(bens))).status).to.equal(200);
        expect(await api.service.list({ username: 'ben', userstore: 'Customers' })).to.have.length(1);
        expect(await api.service.list({ username: 'ben' })).to.have.length(0);
        const created = api.events.filter(({ type }) => type === 'key_created');
        expect(created.map((event) => 'user' in event && event.user)).to.deep.equal([
          'Staff:ann',
          'Customers:ben',
        ]);
        staff.remove('ann');
        // The other ann is somebody else.
        expect((await api.get('/who', asBearer(key))).status).to.equal(401);
        expect((await api.get('/api-keys', ANN)).json()).to.deep.equal([]);
        state.rewrite(`key:${info.id}`, { userstore: undefined });
        expect((await api.get('/who', asBearer(bens))).status).to.equal(401);
      });

      it('is 503 while the state or the userstore is down, and no other provider is asked', async () => {
        await using api = await setUp();
        const { key, info } = await api.create();
        const { get } = state;
        Object.assign(state, { get: () => Promise.reject(new ServiceUnavailableError()) });
        for (const headers of [inHeader(key), asBearer(key)]) {
          expect((await api.get('/who', headers)).status).to.equal(503);
        }
        Object.assign(state, { get });
        state.rewrite(`key:${info.id}`, { v: 2 });
        const before = state.only.row;
        expect((await api.get('/who', asBearer(key))).status).to.equal(503);
        expect(state.only.row).to.deep.equal(before);
        state.rewrite(`key:${info.id}`, { v: 1, stamp: 'x' });
        expect((await api.get('/who', asBearer(key))).status).to.equal(500);
      });

      it('says when a key was used, and nobody waits for that', async () => {
        await using api = await setUp();
        const { key } = await api.create();
        const { set } = state;
        Object.assign(state, { set: () => new Promise<never>(() => {}) });
        expect((await api.get('/who', asBearer(key))).status).to.equal(200);
        Object.assign(state, { set });
        now += 60_000;
        expect((await api.get('/who', asBearer(key))).status).to.equal(200);
        await eventually(async () => (await api.get('/api-keys', ANN)).text.includes(new Date(now).toJSON()));
      });

      it('remembers no key for a user that the app forgets', async () => {
        await using api = await setUp({ keys: { cacheMs: 10_000 } });
        const { key } = await api.create();
        const reads = () => state.calls.filter((call) => call.startsWith('get')).length;
        for (let count = 0; count < 3; count += 1) await api.get('/who', asBearer(key));
        expect(reads()).to.equal(1);
        api.security.forget('ann');
        await api.get('/who', asBearer(key));
        expect(reads()).to.equal(2);
        await api.security.close();
      });

      it('ends what its state began, and tells of what that finds out', async () => {
        let isClosed = 0;
        let tell: ((problem: Problem) => void) | undefined;
        Object.assign(state, {
          close: () => (isClosed += 1),
          [PROBLEM_SOURCE]: (listener: (problem: Problem) => void) => {
            tell = listener;
            return () => undefined;
          },
        });
        await using api = await setUp();
        tell?.({ component: 'State', problem: 'is full' });
        expect(api.events.at(-1)).to.include({ type: 'misconfigured', component: 'State' });
        await api.security.close();
        await api.security.close();
        expect(isClosed).to.equal(1);
      });

      it('shows no key in events, logs and errors', async () => {
        await using api = await setUp();
        const { key } = await api.create();
        for (const text of [key, key.slice(0, -1), `${key}x`]) {
          await api.get('/who', asBearer(text));
          await api.get('/who', inHeader(text));
          await api.get('/who', { ...inHeader(text), ...asBearer(text) });
        }
        Object.assign(state, { get: () => Promise.reject(new Error(`no answer about ${key}`)) });
        await api.get('/who', asBearer(key));
        await api.get('/who', inHeader(key));
        const heard =
          inspect(api.events, { depth: 9 }) +
          api.logger.lines.join('\n') +
          inspect(api.service, { depth: 9 });
        expect(heard).not.to.include(key.slice(23, 60));
      });
    });

    it('asks the provider for the keys of the app', () => {
      for (const wrong of [undefined, {}, { create() {} }, new WatchedState(() => now)]) {
        expect(() => new ApiKeyProvider(wrong as unknown as ApiKeys)).to.throw('needs the keys');
      }
    });
  });
}
