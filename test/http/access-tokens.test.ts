import type { ServerResponse } from 'node:http';
import { expect } from 'chai';
import type Koa from 'koa';
import mount from 'koa-mount';
import { Authorized, Get, JsonController } from 'routing-controllers';
import {
  type Authentication,
  type Constructor,
  createSecurity,
  CurrentAuthentication,
  recentLogin,
  scope,
  type SecurityOptions,
  type TokenService,
  TokenProvider,
  TokenService as Tokens,
  Authentication as Login,
  type User,
  type UserstoreInterface,
} from '../../src';
import { type AccessToken, type AccessTokenOptions, AccessTokenProvider, claimRoles } from '../../src/oidc';
import { DRIVERS, TestServer } from '../support/drivers';
import { ProofKey, TokenIssuer } from '../support/issued-tokens';
import { MemoryLogger, reset } from '../support/reset';
import { BODIES, startApi, store } from '../support/scripted';

const ISSUER = 'https://id.example/realms/app';
const NOW = 1_700_000_000;
const CLAIMS = {
  iss: ISSUER,
  sub: 'u-1',
  aud: 'notes-api',
  iat: NOW - 60,
  exp: NOW + 600,
  client_id: 'web',
  scope: 'notes:read openid',
  auth_time: NOW - 120,
};

const USERS: Readonly<Record<string, User>> = {
  'u-1': { username: 'u-1', roles: ['reader'] },
  inactive: { username: 'inactive', active: false },
  ended: { username: 'ended', tokensValidFrom: new Date((NOW - 30) * 1000) },
  sameSecond: { username: 'sameSecond', tokensValidFrom: new Date((NOW - 60) * 1000) },
  secondBefore: { username: 'secondBefore', tokensValidFrom: new Date((NOW - 61) * 1000 + 999) },
  oldLogin: { username: 'oldLogin', tokensValidFrom: new Date((NOW - 90) * 1000) },
};

const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });

function notes(): Constructor<object> {
  @JsonController()
  class Notes {
    @Authorized() @Get('/me') me(@CurrentAuthentication() login: Authentication) {
      const { user, source, scopes, roles, methods, isBound } = login;
      const times = [login.authenticatedAt?.getTime(), login.expiresAt?.getTime()];
      return { user: user.username, source, scopes, roles, methods, isBound, times };
    }
    @Authorized() @Get('/:folder/:part/me') part() {
      return 'ok';
    }
    @Authorized('editor') @Get('/edit') edit() {
      return 'ok';
    }
    @Authorized(scope('notes:write')) @Get('/write') write() {
      return 'ok';
    }
    @Authorized(recentLogin({ maxAgeSeconds: 60 })) @Get('/recent') recent() {
      return 'ok';
    }
    @Get('/open') open(@CurrentAuthentication() login?: Authentication) {
      return login?.user.username ?? 'nobody';
    }
  }
  return Notes;
}

for (const driver of DRIVERS) {
  describe(`Access tokens of another issuer on ${driver.name}`, () => {
    let issuer: TokenIssuer;
    let other: TokenIssuer;

    before(async () => {
      issuer = await TokenIssuer.create(ISSUER);
      other = await TokenIssuer.create('https://other.example');
    });
    beforeEach(reset);

    const of = (options: Partial<AccessTokenOptions> = {}, from = issuer): Constructor<AccessTokenProvider> =>
      class Company extends AccessTokenProvider {
        constructor() {
          super({ issuer: from.issuer, audience: 'notes-api', keys: { jwks: from.jwks }, ...options });
        }
      };
    const start = (providers: SecurityOptions['providers'], security: SecurityOptions = {}) =>
      startApi(driver, {
        security: {
          providers: providers ?? [],
          userstores: [store((name) => USERS[name] ?? null)],
          clock: () => NOW * 1000,
          ...security,
        },
        host: { controllers: [notes()] },
      });
    const statusOf = async (
      claims: Readonly<Record<string, unknown>>,
      options: Partial<AccessTokenOptions> = {},
      header: Readonly<Record<string, unknown>> = {},
    ): Promise<number> => {
      await using api = await start([of(options)]);
      const reply = await api.get('/me', bearer(await issuer.sign(claims, { header })));
      if (reply.status === 401) {
        expect(reply.json()).to.deep.equal(BODIES.bad);
        expect(reply.challenges).to.deep.equal(['Bearer realm="api", error="invalid_token"']);
      }
      return reply.status;
    };

    it('log their users in, with what the token says of the login', async () => {
      await using api = await start([of({ roles: claimRoles.keycloak() })]);
      const token = await issuer.sign({
        ...CLAIMS,
        realm_access: { roles: ['editor'] },
        amr: ['pwd', 'otp'],
      });
      const reply = await api.get('/me', bearer(token));
      expect(reply.json()).to.deep.equal({
        user: 'u-1',
        source: { kind: 'userstore', name: 'userstore1' },
        scopes: ['notes:read', 'openid'],
        roles: ['editor'],
        methods: ['pwd', 'otp'],
        isBound: false,
        times: [(NOW - 120) * 1000, (NOW + 600) * 1000],
      });
      expect((await api.get('/edit', bearer(token))).status).to.equal(200);
      expect((await api.get('/edit', bearer(await issuer.sign(CLAIMS)))).status).to.equal(403);
      expect(api.events.find(({ type }) => type === 'authenticated')).to.deep.include({
        issuer: ISSUER,
        subject: 'u-1',
      });
    });

    it('are told which scopes lack, and when the login is too old', async () => {
      await using api = await start([of()]);
      const token = bearer(await issuer.sign(CLAIMS));
      expect((await api.get('/write', token)).challenges).to.deep.equal([
        'Bearer realm="api", error="insufficient_scope", scope="notes:write"',
      ]);
      expect((await api.get('/recent', token)).challenges).to.deep.equal([
        'Bearer realm="api", error="insufficient_user_authentication", max_age="60"',
      ]);
      const unknown = bearer(await issuer.sign({ ...CLAIMS, auth_time: undefined }));
      expect((await api.get('/recent', unknown)).status).to.equal(401);
      const without = bearer(await issuer.sign({ ...CLAIMS, scope: undefined }));
      expect((await api.get('/me', without)).json()).to.deep.include({ scopes: [] });
      expect((await api.get('/write', without)).status).to.equal(403);
    });

    const good: [string, Readonly<Record<string, unknown>>, Partial<AccessTokenOptions>?, object?][] = [
      ['a list of audiences', { ...CLAIMS, aud: ['account', 'notes-api'] }],
      ['an exp that passed within the tolerance', { ...CLAIMS, exp: NOW - 29 }],
      ['an iat ahead within the tolerance', { ...CLAIMS, iat: NOW + 29 }],
      ['the type of JWT and a scope', CLAIMS, {}, { typ: 'JWT' }],
      ['no type and a scope', CLAIMS, {}, { typ: undefined }],
      ['the type in another form', CLAIMS, { type: 'at+jwt' }, { typ: 'Application/AT+JWT' }],
      ['no kid where one key fits', CLAIMS, {}, { kid: undefined }],
      ['scp as a list', { ...CLAIMS, scope: undefined, scp: ['a', 'b'] }],
      ['an empty scope', { ...CLAIMS, scope: '' }],
      ['a client id as its audience', { ...CLAIMS, aud: undefined }, { audience: ['web'], audienceClaim: 'client_id' }],
      ['a tokensValidFrom of the second before', { ...CLAIMS, sub: 'secondBefore', auth_time: NOW - 60 }],
    ]; // prettier-ignore
    for (const [what, claims, options, header] of good) {
      it(`count with ${what}`, async () => {
        expect(await statusOf(claims, options, header as Record<string, unknown>)).to.equal(200);
      });
    }

    const bad: typeof good = [
      ['another audience', { ...CLAIMS, aud: 'other-api' }],
      ['no audience', { ...CLAIMS, aud: undefined }],
      ['a number among the audiences', { ...CLAIMS, aud: ['notes-api', 7] }],
      ['an exp that passed', { ...CLAIMS, exp: NOW - 30 }],
      ['no exp', { ...CLAIMS, exp: undefined }],
      ['an exp that is a text', { ...CLAIMS, exp: String(NOW + 600) }],
      ['no iat', { ...CLAIMS, iat: undefined }],
      ['an iat ahead', { ...CLAIMS, iat: NOW + 31 }],
      ['an nbf ahead', { ...CLAIMS, nbf: NOW + 31 }],
      ['an auth_time ahead', { ...CLAIMS, auth_time: NOW + 31 }],
      ['too long a life', { ...CLAIMS, exp: NOW + 86_400 }],
      ['no sub', { ...CLAIMS, sub: undefined }],
      ['an empty sub', { ...CLAIMS, sub: '' }],
      ['a sub that is no text', { ...CLAIMS, sub: 1 }],
      ['a scope of another form', { ...CLAIMS, scope: ['notes:read'] }],
      ['two spaces in its scope', { ...CLAIMS, scope: 'a  b' }],
      ['a user who is unknown', { ...CLAIMS, sub: 'u-2' }],
      ['a user who is inactive', { ...CLAIMS, sub: 'inactive' }],
      ['a tokensValidFrom after it', { ...CLAIMS, sub: 'ended' }],
      ['a tokensValidFrom of its second', { ...CLAIMS, sub: 'sameSecond' }],
      ['the type of an ID token, without evidence', { ...CLAIMS, scope: undefined, client_id: undefined }, {}, { typ: 'JWT' }],
      ['a nonce', { ...CLAIMS, nonce: 'n' }, {}, { typ: 'JWT' }],
      ['a claim typ that is another', { ...CLAIMS, typ: 'ID' }, {}, { typ: 'JWT' }],
      ['a token_use that is another', { ...CLAIMS, token_use: 'id' }, {}, { typ: undefined }],
      ['another type', CLAIMS, {}, { typ: 'logout+jwt' }],
      ['the type of JWT where at+jwt is asked for', CLAIMS, { type: 'at+jwt' }, { typ: 'JWT' }],
      ['a kid of another key', CLAIMS, {}, { kid: 'k2' }],
      ['a key that it brings along', CLAIMS, {}, { kid: 'k2', jwk: { kty: 'oct', k: 'AAAA' } }],
      ['a binding that is not checked', { ...CLAIMS, cnf: { jkt: 'x'.repeat(43) } }],
      ['a client that acts for itself', { ...CLAIMS, sub: 'web' }],
      ['a client by its grant', { ...CLAIMS, gty: 'client-credentials' }],
      ['roles that are no list', { ...CLAIMS, roles: 'editor' }, { roles: claimRoles.entra() }],
    ]; // prettier-ignore
    for (const [what, claims, options, header] of bad) {
      it(`are refused with ${what}`, async () => {
        expect(await statusOf(claims, options, header as Record<string, unknown>)).to.equal(401);
      });
    }

    it('ask for a new login where that is older than tokensValidFrom', async () => {
      await using api = await start([of()]);
      const reply = await api.get('/me', bearer(await issuer.sign({ ...CLAIMS, sub: 'oldLogin' })));
      expect(reply.challenges).to.deep.equal([
        'Bearer realm="api", error="insufficient_user_authentication", max_age="90"',
      ]);
      const again = await issuer.sign({ ...CLAIMS, sub: 'oldLogin', auth_time: NOW - 80 });
      expect((await api.get('/me', bearer(again))).status).to.equal(200);
    });

    it('are refused with a changed payload or another signature, also where they were remembered', async () => {
      await using api = await start([of()]);
      const token = await issuer.sign(CLAIMS);
      for (let call = 0; call < 2; call += 1)
        expect((await api.get('/me', bearer(token))).status).to.equal(200);
      const [header, payload, signature] = token.split('.') as [string, string, string];
      const admin = Buffer.from(JSON.stringify({ ...CLAIMS, sub: 'u-9' })).toString('base64url');
      const forged = await issuer.sign(CLAIMS, { key: other.privateKey });
      for (const bad of [
        `${header}.${admin}.${signature}`,
        `${header}.${payload}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`,
        forged,
      ]) {
        expect((await api.get('/me', bearer(bad))).status).to.equal(401);
      }
    });

    it('end by the clock where they were remembered', async () => {
      let now = NOW * 1000;
      await using api = await start([of()], { clock: () => now });
      const token = bearer(await issuer.sign(CLAIMS));
      expect((await api.get('/me', token)).status).to.equal(200);
      now = (NOW + 629) * 1000;
      expect((await api.get('/me', token)).status).to.equal(200);
      now = (NOW + 630) * 1000;
      expect((await api.get('/me', token)).status).to.equal(401);
    });

    it('are left to other providers where they are of another issuer, opaque or encrypted', async () => {
      const foreign = await other.sign({ ...CLAIMS, iss: other.issuer });
      const list = await issuer.sign({ ...CLAIMS, iss: [ISSUER] });
      await using api = await start([of()]);
      for (const token of [foreign, list, 'opaque', 'a.b.c.d.e', `${foreign}x`]) {
        const reply = await api.get('/me', bearer(token));
        expect([reply.status, reply.json()]).to.deep.equal([401, BODIES.bad]);
        expect(api.events.at(-1)).to.deep.include({
          outcomes: [{ provider: 'Company', verdict: 'not_mine' }],
        });
        expect((await api.get('/open', bearer(token))).status).to.equal(401);
      }
      expect((await api.get('/me', bearer('a b'))).status).to.equal(400);
      const both = { ...bearer(await issuer.sign(CLAIMS)), 'authentication-token': 'x' };
      expect((await api.get('/me', both)).status).to.equal(400);
    });

    it('stand beside own tokens and those of another issuer in every order', async () => {
      const own = new Tokens({
        secret: 's'.repeat(32),
        issuer: 'notes',
        audience: 'notes',
        clock: () => NOW * 1000,
      });
      class Own extends TokenProvider {
        constructor() {
          super(own);
        }
      }
      class Other extends of({ userPrefix: 'other-' }, other) {
        override readonly name = 'other';
      }
      const users = {
        ...USERS,
        'one-u-1': { username: 'one-u-1' },
        'other-u-1': { username: 'other-u-1' },
      } as Record<string, User>;
      const ownToken = own.issue(
        new Login(USERS['u-1']!, { authenticatedAt: new Date((NOW - 5) * 1000) }),
      ).token;
      const tokens: [string, string][] = [
        [ownToken, 'u-1'],
        [await issuer.sign(CLAIMS), 'one-u-1'],
        [await other.sign({ ...CLAIMS, iss: other.issuer }), 'other-u-1'],
      ];
      const one = of({ userPrefix: 'one-' });
      for (const providers of [
        [Own, one, Other],
        [Other, Own, one],
        [one, Other, Own],
      ]) {
        for (const onBadCredentials of ['next', 'stop'] as const) {
          await using api = await start(providers, {
            onBadCredentials,
            userstores: [store((name) => users[name] ?? null)],
          });
          for (const [token, user] of tokens) {
            expect((await api.get('/me', bearer(token))).json()).to.include({ user });
          }
        }
      }
    });

    it('have users of their own, who are never those of a store and get no own token', async () => {
      const tokens: TokenService = new Tokens({ secret: 's'.repeat(32), issuer: 'notes', audience: 'notes' });
      await using alone = await start([of({ users: 'claims', roles: claimRoles.claim('groups') })], {
        userstores: [],
      });
      const token = bearer(await issuer.sign({ ...CLAIMS, groups: ['editor'] }));
      const reply = await alone.get('/me', token);
      expect(reply.json()).to.deep.include({ user: 'u-1', source: { kind: 'provider', name: 'Company' } });
      expect((await alone.get('/edit', token)).status).to.equal(200);
      await using beside = await start([of({ users: 'claims', userPrefix: 'id:' })]);
      expect((await beside.get('/me', token)).json()).to.include({ user: 'id:u-1' });
      expect(beside.events.find(({ type }) => type === 'authenticated')).to.include({
        user: 'Company:id:u-1',
      });
      const login = new Login({ username: 'x' }, { authenticatedAt: null });
      expect(() => tokens.issue(login)).to.throw(TypeError, 'recentLogin()');
      expect(() => tokens.issue(new Login({ username: 'x' }, { isBound: true }))).to.throw(
        TypeError,
        'bound',
      );
      expect(() => tokens.issue(new Login({ username: 'x' }, { roles: ['a'] }))).to.throw(TypeError, 'roles');
    });

    it('have the users that the app finds, and clients only where it says who they are', async () => {
      class Found extends of({ userPrefix: 'x' }) {
        override findUser({ claims }: AccessToken, users: UserstoreInterface) {
          return users.getUser(String(claims['employee']));
        }
        override findClient({ clientId, isClient }: AccessToken): User | null {
          return isClient && clientId === 'job' ? { username: 'job' } : null;
        }
      }
      await using api = await start([Found]);
      const user = await issuer.sign({ ...CLAIMS, employee: 'u-1', sub: 'abc' });
      expect((await api.get('/me', bearer(user))).json()).to.include({ user: 'u-1' });
      const client = { ...CLAIMS, sub: 'job', client_id: 'job', auth_time: undefined };
      expect((await api.get('/me', bearer(await issuer.sign(client)))).json()).to.include({ user: 'job' });
      const stranger = await issuer.sign({ ...client, sub: 'u-1', client_id: 'u-1' });
      expect((await api.get('/me', bearer(stranger))).status).to.equal(401);
    });

    it('are never those of the store whose name the app gave to a user or client of its own', async () => {
      class Found extends of() {
        override findUser({ claims }: AccessToken): User {
          return { username: String(claims['name']), roles: ['reader'] };
        }
        override findClient({ clientId }: AccessToken): User {
          return { username: String(clientId), roles: ['reader'] };
        }
      }
      const tokens = new Tokens({ secret: 's'.repeat(32), issuer: 'notes', audience: 'notes' });
      await using api = await start([Found]);
      for (const claims of [
        { ...CLAIMS, sub: 'stranger', name: 'u-1' },
        { ...CLAIMS, sub: 'u-1', client_id: 'u-1' },
      ]) {
        const { source } = (await api.get('/me', bearer(await issuer.sign(claims)))).json();
        expect(source).to.deep.equal({ kind: 'provider', name: 'Found' });
        const login = await api.security.authenticate({
          headers: bearer(await issuer.sign(claims)),
          rawHeaders: [],
          url: '/',
          socket: {},
        } as never);
        expect(() => tokens.issue(login!)).to.throw(TypeError, 'Found and no userstore');
      }
    });

    it("end with the store's tokensValidFrom, whatever the app makes of the record", async () => {
      class Found extends of() {
        override async findUser({ subject }: AccessToken, users: UserstoreInterface): Promise<User | null> {
          const user = await users.getUser(String(subject));
          return user ? { username: user.username, roles: ['own'] } : null;
        }
      }
      await using api = await start([Found]);
      for (const [sub, error] of [
        ['ended', 'invalid_token'],
        ['sameSecond', 'invalid_token'],
        ['oldLogin', 'insufficient_user_authentication'],
      ] as const) {
        const reply = await api.get('/me', bearer(await issuer.sign({ ...CLAIMS, sub })));
        expect(reply.challenges[0], sub).to.include(`error="${error}"`);
      }
      expect((await api.get('/me', bearer(await issuer.sign(CLAIMS)))).status).to.equal(200);
    });

    describe('bound to a key (RFC 9449)', () => {
      let key: ProofKey;
      let token: string;
      before(async () => {
        key = await ProofKey.create();
        token = await issuer.sign({ ...CLAIMS, cnf: { jkt: key.thumbprint } });
      });
      const dpop = { origin: 'https://api.example' };
      const proofOf = (claims: Record<string, unknown> = {}, by = key) =>
        by.prove(token, {
          jti: Math.random().toString(36),
          htm: 'GET',
          htu: 'https://api.example/me',
          iat: NOW,
          ...claims,
        });
      const sent = (proof: string) => ({ authorization: `DPoP ${token}`, dpop: proof });
      const OFFERS = 'Bearer realm="api"';

      it('count with a proof, once', async () => {
        await using api = await start([of({ dpop })]);
        const proof = await proofOf();
        expect((await api.get('/me', sent(proof))).json()).to.include({ user: 'u-1', isBound: true });
        const again = await api.get('/me', sent(proof));
        expect(again.status).to.equal(401);
        expect(again.challenges).to.deep.equal([
          OFFERS,
          'DPoP realm="api", algs="ES256 EdDSA PS256 RS256", error="invalid_dpop_proof"',
        ]);
        const fifty = await proofOf();
        const replies = await Promise.all(Array.from({ length: 50 }, () => api.get('/me', sent(fifty))));
        expect(replies.filter(({ status }) => status === 200)).to.have.length(1);
      });

      it('are refused as Bearer, with another key, with two proofs, and unbound as DPoP', async () => {
        await using api = await start([of({ dpop })]);
        expect((await api.get('/me', bearer(token))).challenges[0]).to.equal(
          `${OFFERS}, error="invalid_token"`,
        );
        const stranger = await ProofKey.create();
        const stolen = await api.get('/me', sent(await proofOf({}, stranger)));
        expect(stolen.challenges[1]).to.include('error="invalid_token"');
        const unbound = await issuer.sign(CLAIMS);
        expect((await api.get('/me', { authorization: `DPoP ${unbound}` })).status).to.equal(401);
        expect((await api.get('/me', bearer(unbound))).status).to.equal(200);
        const typed = await issuer.sign({ ...CLAIMS, typ: 'DPoP' });
        expect((await api.get('/me', bearer(typed))).status).to.equal(401);
        const proofs = [await proofOf(), await proofOf()];
        const two = await api.server.raw('/me', {
          headers: { authorization: `DPoP ${token}`, dpop: proofs as never },
        });
        expect(two.status).to.equal(401);
        expect(two.response.headers['www-authenticate']).to.include('invalid_dpop_proof');
      });

      for (const [what, claims] of [
        ['method', { htm: 'POST' }],
        ['path', { htu: 'https://api.example/edit' }],
        ['host', { htu: 'https://other.example/me' }],
        ['time', { iat: NOW - 61 }],
        ['token', { ath: 'x' }],
      ] as const) {
        it(`are refused with a proof of another ${what}`, async () => {
          await using api = await start([of({ dpop })]);
          expect((await api.get('/me', sent(await proofOf(claims)))).challenges[1]).to.include(
            'invalid_dpop_proof',
          );
        });
      }

      it('count for the path that the router matched, whatever path a URL parser makes of it', async () => {
        await using api = await start([of({ dpop })]);
        const get = async (path: string, claims = {}) =>
          (await api.server.raw('/', { path, headers: sent(await proofOf(claims)) })).status;
        expect(await get('/notes/7/me', { htu: 'https://api.example/notes/7/me' })).to.equal(200);
        for (const path of ['/notes/../me', '/notes/%2e%2E/me']) expect(await get(path)).to.equal(401);
        const claims = { htu: 'https://api.example/notes/me' };
        for (const path of ['/notes/./me', '/notes/%2e/me']) expect(await get(path, claims)).to.equal(401);
      });

      it('count at the root of a mount for the path that the client sent, with and without a slash', async () => {
        const security = createSecurity({
          providers: [of({ dpop })],
          userstores: [store((name) => USERS[name] ?? null)],
          clock: () => NOW * 1000,
          logger: new MemoryLogger(),
        });
        const files = (context: Koa.Context) => void (context.body = 'ok');
        const answer = (_request: unknown, response: ServerResponse) => response.end('ok');
        const listener = driver.build(security.secure({ controllers: [notes()] }), {
          koa: { before: (app) => app.use(mount('/files', security.guard(undefined, files))) },
          express: { before: (app) => app.use('/files', security.guard(undefined, answer)) },
        });
        await using server = await TestServer.start(listener);
        const get = async (path: string, url: string) => {
          const proof = await proofOf({ htu: `https://api.example${url}` });
          return (await server.raw(path, { headers: sent(proof) })).status;
        };
        for (const path of ['/files', '/files/']) {
          expect(await get(`${path}?x=1`, path)).to.equal(200);
          expect(await get(path, path === '/files' ? '/files/' : '/files')).to.equal(401);
        }
      });

      it('need a nonce of the server where that is asked for', async () => {
        await using api = await start([of({ dpop: { ...dpop, nonce: { secret: 'n'.repeat(32) } } })]);
        const first = await api.get('/me', sent(await proofOf()));
        expect(first.challenges[1]).to.include('error="use_dpop_nonce"');
        const nonce = first.headers['dpop-nonce'];
        expect((await api.get('/me', sent(await proofOf({ nonce })))).status).to.equal(200);
      });

      it('are the only ones where they are required', async () => {
        await using api = await start([of({ dpop: { ...dpop, required: true } })]);
        const unbound = await api.get('/me', bearer(await issuer.sign(CLAIMS)));
        expect(unbound.challenges).to.deep.equal([
          'DPoP realm="api", algs="ES256 EdDSA PS256 RS256", error="invalid_token"',
        ]);
        expect((await api.get('/me')).challenges).to.deep.equal([
          'DPoP realm="api", algs="ES256 EdDSA PS256 RS256"',
        ]);
        expect((await api.get('/me', sent(await proofOf()))).status).to.equal(200);
      });
    });

    describe('at start', () => {
      const refusal = (
        providers: readonly Constructor<AccessTokenProvider>[],
        security: SecurityOptions = {},
      ): string => {
        try {
          driver.build(
            createSecurity({
              logger: new MemoryLogger(),
              providers: providers,
              userstores: [store(() => null)],
              ...security,
            }).secure({ controllers: [notes()] }),
          );
        } catch (error) {
          return (error as Error).message;
        }
        return '';
      };

      it('refuse two providers of one issuer', () => {
        class Second extends of() {
          override readonly name = 'second';
        }
        expect(refusal([of(), Second]))
          .to.include('takes tokens of')
          .and.to.include(ISSUER);
      });

      it('refuse users of two issuers without names of their own', () => {
        class Second extends of({}, other) {
          override readonly name = 'second';
        }
        class Prefixed extends of({ userPrefix: 'b' }, other) {
          override readonly name = 'second';
        }
        expect(refusal([of(), Second])).to.include('userPrefix');
        expect(refusal([of({ userPrefix: 'bc' }), Prefixed])).to.include('userPrefix');
        expect(refusal([of({ userPrefix: 'a' }), Prefixed])).to.equal('');
        expect(refusal([of({ users: 'claims' })])).to.include('userPrefix');
        for (const userPrefix of ['b', 'bc']) {
          expect(refusal([of({ users: 'claims', userPrefix }), Prefixed])).to.include('userPrefix');
        }
        expect(refusal([of({ users: 'claims', userPrefix: 'a' }), Prefixed])).to.equal('');
        expect(refusal([of({ users: 'claims', userPrefix: 'a' }), Second])).to.equal('');
        expect(refusal([of({ users: 'claims' })], { userstores: [] })).to.equal('');
      });

      it('refuse a reader of tokens behind one that takes all opaque ones', () => {
        const introspection = {
          clientId: 'api',
          clientSecret: 's',
          endpoint: 'https://id.example/introspect',
        };
        class Key {
          authenticate(): null {
            return null;
          }
        }
        class HeaderKey extends Key {
          readonly credential = 'x-key';
        }
        const all = of({ introspection });
        expect(refusal([all, Key as never])).to.include('introspection.prefix');
        expect(refusal([Key as never, all])).to.equal('');
        expect(refusal([all, HeaderKey as never])).to.equal('');
        expect(refusal([of({ introspection: { ...introspection, prefix: 'op_' } }), Key as never])).to.equal(
          '',
        );
      });
    });

    for (const [what, aud] of [
      ['is another', 'account'],
      ['is missing', undefined],
      ['is in a list of others', ['account', 'other-api']],
      ['is in an empty list', []],
    ] as const) {
      it(`report once an audience that no token has, where aud ${what}`, async () => {
        await using api = await start([of()]);
        const token = bearer(await issuer.sign({ ...CLAIMS, aud }));
        for (let call = 0; call < 3; call += 1) await api.get('/me', token);
        const told = api.events.filter(({ type }) => type === 'misconfigured');
        expect(told).to.have.length(1);
        expect(JSON.stringify(told)).to.include('notes-api').and.to.not.include('account');
      });
    }

    it('report no audience once a token was accepted', async () => {
      const token = bearer(await issuer.sign({ ...CLAIMS, aud: 'account' }));
      await using usual = await start([of()]);
      await usual.get('/me', bearer(await issuer.sign(CLAIMS)));
      await usual.get('/me', token);
      expect(usual.events.filter(({ type }) => type === 'misconfigured')).to.deep.equal([]);
    });
  });
}
