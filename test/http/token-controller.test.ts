import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { expect } from 'chai';
import { HeaderParam, JsonController, Post, Req } from 'routing-controllers';
import { Container, Service } from 'typedi';
import {
  Authentication,
  type AuthProviderInterface,
  ConfigurationError,
  CurrentAuthentication,
  type IssuedTokens,
  MemoryState,
  MemoryUserstore,
  passwordController,
  PasswordProvider,
  Public,
  type SecurityRequest,
  tokenController,
  TokenProvider,
  TokenService,
  type TokenServiceOptions,
  type UserstoreInterface,
} from '../../src';
import { basic } from '../support/drivers';
import { OWN_DRIVERS } from '../support/own-drivers';
import { cheapPasswords } from '../support/hashers';
import { hashSync } from 'bcryptjs';
import { reset } from '../support/reset';
import { type ProviderClass, startApi } from '../support/scripted';

const PASSWORD = 'correct horse battery';
const HASH = hashSync(PASSWORD, 4);
const START = Date.now();
const NO_STORE = 'private, no-store';

for (const driver of OWN_DRIVERS) {
  describe(`tokenController() on ${driver.name}`, () => {
    let now: number;

    beforeEach(() => {
      reset();
      now = START;
    });

    const setUp = async (options: Partial<TokenServiceOptions> = {}, ...more: ProviderClass[]) => {
      const clock = () => now;
      const state = new MemoryState({ clock });
      @Service()
      class Tokens extends TokenService {
        constructor() {
          super({
            secret: 'canary-secret-of-thirty-two-bytes!',
            issuer: 'notes',
            audience: 'notes-api',
            clock,
            state,
            ...options,
          });
        }
      }
      class Users extends MemoryUserstore {
        constructor() {
          super({ users: ['ann', 'ben'].map((username) => ({ username, password: HASH })) });
        }
      }
      class Password extends PasswordProvider {
        constructor() {
          super({ passwords: cheapPasswords });
        }
      }
      class Token extends TokenProvider {
        constructor() {
          super(Container.get(Tokens));
        }
      }
      /** Logins that scopes limit, and keys: the header says which. */
      class Other implements AuthProviderInterface {
        readonly credential = 'x-other';
        get proves() {
          return this.#proves;
        }
        #proves: 'key' | 'login' = 'login';
        async authenticate(request: SecurityRequest, userstore: UserstoreInterface) {
          const kind = request.header('x-other');
          if (kind === undefined) return null;
          this.#proves = kind === 'key' ? 'key' : 'login';
          const user = (await userstore.getUser('ann'))!;
          return new Authentication(user, kind === 'scoped' ? { scopes: ['notes:read'] } : {});
        }
      }
      @JsonController()
      class Issuing {
        @Post('/issue') issue(@CurrentAuthentication({ required: true }) login: Authentication) {
          return Container.get(Tokens).issue(login);
        }
        @Public() @Post('/start') start(@Req() request: IncomingMessage) {
          return Container.get(Tokens).start(new Authentication({ username: 'ann' }), request);
        }
        @Public() @Post('/go-on') goOn(
          @Req() request: IncomingMessage,
          @HeaderParam('x-refresh') token: string,
        ) {
          return Container.get(Tokens).refresh(token, request);
        }
      }
      const controllers = [
        tokenController({ tokens: Tokens }),
        passwordController({ tokens: Tokens, minLength: 8 }),
        Issuing,
      ];
      const security = { userstores: [Users], providers: [Password, Token, Other, ...more], clock };
      const api = await startApi(driver, { security, host: { controllers } });
      const send = async (method: string, path: string, headers = {}, body?: unknown) => {
        const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
        const all = { ...(text !== undefined && { 'content-type': 'application/json' }), ...headers };
        const reply = await api.server.raw(path, { method, headers: all }, text);
        return {
          status: reply.status,
          headers: reply.response.headers,
          text: reply.text,
          json: () => JSON.parse(reply.text) as IssuedTokens & { code?: string },
        };
      };
      return Object.assign(api, {
        send,
        tokens: Container.get(Tokens),
        state,
        login: async (username = 'ann') => (await send('POST', '/token', basic(username, PASSWORD))).json(),
        refresh: (refreshToken: unknown) => send('POST', '/token/refresh', {}, { refreshToken }),
      });
    };
    const bearer = ({ token }: { token: string }) => ({ authorization: `Bearer ${token}` });

    it('starts a family for a password, and goes on by refresh tokens', async () => {
      await using api = await setUp();
      const reply = await api.send('POST', '/token', basic('ann', PASSWORD));
      expect(reply.status).to.equal(200);
      expect(reply.headers['cache-control']).to.equal(NO_STORE);
      expect(reply.json()).to.have.all.keys(
        'token',
        'tokenType',
        'expiresInSeconds',
        'refreshToken',
        'refreshExpiresInSeconds',
      );
      let tokens: IssuedTokens = reply.json();
      for (let round = 0; round < 3; round += 1) {
        now += 600_000;
        const next = await api.refresh(tokens.refreshToken);
        expect(next.status).to.equal(200);
        expect(next.headers['cache-control']).to.equal(NO_STORE);
        expect(next.headers['set-cookie']).to.be.undefined;
        tokens = next.json();
        expect((await api.send('GET', '/token/families', bearer(tokens))).status).to.equal(200);
      }
    });

    it('starts and goes on in actions of the app, with the request that @Req() injects', async () => {
      const clients: (string | undefined)[] = [];
      const client = (request: SecurityRequest) => {
        clients.push(request.header('x-client'));
        return request.header('x-client');
      };
      await using api = await setUp({ refresh: { client } });
      const started = await api.send('POST', '/start', { 'x-client': 'phone' });
      expect(started.status).to.equal(200);
      const [family] = await api.tokens.families({ username: 'ann' });
      expect(family?.ip).to.match(/127\.0\.0\.1$/);
      const goOn = async (name: string) =>
        api.send('POST', '/go-on', { 'x-client': name, 'x-refresh': started.json().refreshToken });
      expect((await goOn('phone')).status).to.equal(200);
      expect((await goOn('other')).status).to.equal(401);
      expect(clients).to.deep.equal(['phone', 'phone', 'other']);
      for (const request of [{}, null, new IncomingMessage(new Socket())]) {
        const login = new Authentication({ username: 'ann' });
        const outcome = await api.tokens.start(login, request as never).catch((error: unknown) => error);
        expect(outcome).to.be.instanceOf(TypeError).with.property('message').that.includes('@Req()');
      }
    });

    it('refuses what is no login of this request', async () => {
      await using api = await setUp();
      const tokens = await api.login();
      const issued = (await api.send('POST', '/issue', basic('ann', PASSWORD))).json();
      for (const headers of [bearer(tokens), bearer(issued), { 'x-other': 'key' }]) {
        const reply = await api.send('POST', '/token', headers);
        expect(reply.status).to.equal(403);
        expect(reply.headers['cache-control']).to.equal(NO_STORE);
      }
      expect((await api.send('POST', '/token')).status).to.equal(401);
    });

    it('answers a refused refresh with a challenge for which no browser asks for a password', async () => {
      await using api = await setUp();
      const tokens = await api.login();
      await api.refresh(tokens.refreshToken);
      now += 60_000;
      for (const refreshToken of [
        tokens.refreshToken,
        'rubbish',
        '',
        `srt_${'0'.repeat(24)}_${'A'.repeat(65)}`,
      ]) {
        const reply = await api.refresh(refreshToken);
        expect(reply.status).to.equal(401);
        expect(reply.headers['www-authenticate']).to.equal('Bearer realm="api", error="invalid_token"');
        expect(reply.headers['cache-control']).to.equal(NO_STORE);
        expect(reply.json()).to.include({ code: 'invalid_credentials' });
        if (refreshToken !== '') expect(reply.text).not.to.include(refreshToken);
      }
      expect(api.events.filter(({ type }) => type === 'token_reused')).to.have.length(1);
      expect(JSON.stringify([api.events, api.logger.lines])).not.to.include(tokens.refreshToken.slice(29));
    });

    it('answers 400 to a body of another form, without asking for a login', async () => {
      await using api = await setUp();
      const { refreshToken } = await api.login();
      const bodies = [
        {},
        [],
        { refreshToken: null },
        { refreshToken: 7 },
        { refreshToken: [refreshToken] },
        { refreshToken: { toString: refreshToken } },
        { refresh_token: refreshToken },
        { refreshToken: 'x'.repeat(5000) },
        undefined,
      ];
      for (const body of bodies) {
        const reply = await api.send('POST', '/token/refresh', {}, body);
        expect(reply.status, JSON.stringify(body)).to.equal(400);
        expect(reply.json()).to.include({ code: 'invalid_request' });
        expect(reply.headers['www-authenticate']).to.be.undefined;
        expect(reply.headers['cache-control']).to.equal(NO_STORE);
      }
      expect((await api.send('POST', `/token/refresh?refreshToken=${refreshToken}`)).status).to.equal(400);
    });

    it('refreshes beside an access token that has ended', async () => {
      await using api = await setUp();
      const tokens = await api.login();
      now += 3_600_000;
      const reply = await api.send('POST', '/token/refresh', bearer(tokens), {
        refreshToken: tokens.refreshToken,
      });
      expect(reply.status).to.equal(200);
    });

    it('ends the family of an access token, and its tokens at once', async () => {
      await using api = await setUp();
      const [tokens, other] = [await api.login(), await api.login()];
      const exchanged = (await api.send('POST', '/issue', bearer(tokens))).json();
      const reply = await api.send('DELETE', '/token', bearer(tokens));
      expect(reply).to.include({ status: 204, text: '' });
      expect(reply.headers['cache-control']).to.equal(NO_STORE);
      for (const ended of [tokens, exchanged]) {
        expect((await api.send('GET', '/token/families', bearer(ended))).status).to.equal(401);
      }
      expect((await api.refresh(tokens.refreshToken)).status).to.equal(401);
      expect((await api.send('GET', '/token/families', bearer(other))).status).to.equal(200);
      const ended = api.events.filter(({ type }) => type === 'tokens_ended');
      expect(ended).to.have.length(1);
      expect(ended[0]).to.include({
        user: 'ann',
        familyId: tokens.refreshToken.slice(4, 28),
        method: 'DELETE',
        path: '/token',
      });
    });

    it('refuses DELETE /token to what has no family', async () => {
      await using api = await setUp();
      const issued = (await api.send('POST', '/issue', basic('ann', PASSWORD))).json();
      for (const headers of [bearer(issued), basic('ann', PASSWORD), { 'x-other': 'key' }]) {
        expect((await api.send('DELETE', '/token', headers)).status).to.equal(403);
      }
    });

    it('lists the families of the user, and says which one asks', async () => {
      await using api = await setUp();
      await api.login('ben');
      const [tokens, other] = [await api.login(), await api.login()];
      now += 1000;
      await api.refresh(other.refreshToken);
      const reply = await api.send('GET', '/token/families', bearer(tokens));
      expect(reply.headers['cache-control']).to.equal(NO_STORE);
      const date = (time: number) => new Date(time).toISOString();
      const family = (refreshToken: string, lastUsed: number, isCurrent: boolean) => ({
        id: refreshToken.slice(4, 28),
        startedAt: date(START),
        lastUsedAt: date(lastUsed),
        expiresAt: date(lastUsed + 14 * 86_400_000),
        methods: ['pwd'],
        ip: '127.0.0.1',
        isCurrent,
      });
      expect(JSON.parse(reply.text)).to.deep.equal([
        family(other.refreshToken, now, false),
        family(tokens.refreshToken, START, true),
      ]);
      expect((await api.send('GET', '/token/families', basic('ann', PASSWORD))).status).to.equal(200);
    });

    it('refuses families to keys, to credentials that scopes limit, and to users of no store', async () => {
      class Foreign implements AuthProviderInterface {
        readonly credential = 'x-foreign';
        readonly needsUserstore = false;
        readonly proves = 'login';
        authenticate = (request: SecurityRequest) =>
          request.header('x-foreign') === undefined ? null : { username: 'ann' };
      }
      await using api = await setUp({}, Foreign);
      const { refreshToken } = await api.login();
      for (const [name, kind] of [
        ['x-other', 'key'],
        ['x-other', 'scoped'],
        ['x-foreign', 'own'],
      ] as const) {
        const headers = { [name]: kind };
        for (const [method, path] of [
          ['GET', '/token/families'],
          ['DELETE', '/token/families'],
          ['DELETE', `/token/families/${refreshToken.slice(4, 28)}`],
        ] as const) {
          expect((await api.send(method, path, headers)).status, `${kind} ${method}`).to.equal(403);
        }
      }
      expect((await api.send('POST', '/token', { 'x-foreign': 'own' })).status).to.equal(403);
      expect(api.events.filter(({ type }) => type === 'misconfigured')).to.be.empty;
      expect((await api.refresh(refreshToken)).status).to.equal(200);
    });

    it('ends one family of the user; 404 for that of another, for an ended one, and for what is no id', async () => {
      await using api = await setUp();
      const [tokens, other, bens] = [await api.login(), await api.login(), await api.login('ben')];
      const end = (id: string) => api.send('DELETE', `/token/families/${id}`, bearer(tokens));
      const idOf = ({ refreshToken }: IssuedTokens) => refreshToken.slice(4, 28);
      const reply = await end(idOf(other));
      expect(reply).to.include({ status: 204, text: '' });
      expect((await api.refresh(other.refreshToken)).status).to.equal(401);
      expect((await api.send('GET', '/token/families', bearer(other))).status).to.equal(401);
      for (const id of [
        idOf(other),
        idOf(bens),
        '0'.repeat(24),
        'x',
        '%00',
        idOf(tokens).toUpperCase() + 'A',
      ]) {
        const missing = await end(id);
        expect(missing.status, id).to.equal(404);
        expect(missing.headers['cache-control']).to.equal(NO_STORE);
      }
      for (const alive of [tokens, bens])
        expect((await api.refresh(alive.refreshToken)).status).to.equal(200);
    });

    it('ends all tokens of the user, those of issue() too, and nobody else’s', async () => {
      await using api = await setUp();
      const [tokens, other, bens] = [await api.login(), await api.login(), await api.login('ben')];
      const issued = (await api.send('POST', '/issue', basic('ann', PASSWORD))).json();
      expect((await api.send('DELETE', '/token/families', bearer(tokens))).status).to.equal(204);
      for (const ended of [tokens, other, issued]) {
        expect((await api.send('GET', '/token/families', bearer(ended))).status).to.equal(401);
      }
      for (const ended of [tokens, other])
        expect((await api.refresh(ended.refreshToken)).status).to.equal(401);
      expect((await api.refresh(bens.refreshToken)).status).to.equal(200);
      const again = await api.login();
      expect((await api.send('GET', '/token/families', bearer(again))).status).to.equal(200);
      const [ended, ...more] = api.events.filter(({ type }) => type === 'tokens_ended');
      expect(ended).to.include({ user: 'ann', path: '/token/families' }).and.not.have.property('familyId');
      expect(more).to.be.empty;
    });

    it('starts a family with a changed password, and ends those of before', async () => {
      await using api = await setUp();
      const before = await api.login();
      now += 1000;
      const body = { currentPassword: PASSWORD, newPassword: 'staple in the meadow' };
      const reply = await api.send('PUT', '/password', bearer(before), body);
      expect(reply.status).to.equal(200);
      expect((await api.refresh(before.refreshToken)).status).to.equal(401);
      const next = await api.refresh(reply.json().refreshToken);
      expect(next.status).to.equal(200);
      expect((await api.send('GET', '/token/families', bearer(next.json()))).status).to.equal(200);
    });

    it('is served under another path, and only as options say that are known', async () => {
      class Tokens extends TokenService {}
      expect(() => tokenController({} as { tokens: typeof Tokens })).to.throw(ConfigurationError, 'tokens');
      for (const path of ['token', '/', '', '/a b', '/:id', '/a?b', '/a/']) {
        expect(() => tokenController({ tokens: Tokens, path }), path).to.throw(ConfigurationError, 'path');
      }
      expect(() => tokenController({ tokens: Tokens, pfad: '/a' } as { tokens: typeof Tokens })).to.throw(
        ConfigurationError,
        'pfad',
      );
    });

    it('warns at start where no TokenProvider of the app holds the service', async () => {
      @Service()
      class Tokens extends TokenService {
        constructor() {
          super({ secret: 'x'.repeat(32), issuer: 'notes', audience: 'notes-api', state: new MemoryState() });
        }
      }
      class Users extends MemoryUserstore {
        constructor() {
          super({ users: [{ username: 'ann', password: HASH }] });
        }
      }
      class Password extends PasswordProvider {
        constructor() {
          super({ passwords: cheapPasswords });
        }
      }
      class Token extends TokenProvider {
        constructor() {
          super(Container.get(Tokens));
        }
      }
      const warnings = async (...providers: ProviderClass[]) => {
        const api = await startApi(driver, {
          host: { controllers: [tokenController({ tokens: Tokens })] },
          security: { userstores: [Users], providers },
        });
        await api.server.close();
        await api.security.close();
        return api.logger.lines.filter((line) => line.includes('no TokenProvider holds Tokens'));
      };
      expect(await warnings(Password)).to.have.length(1);
      expect(await warnings(Password, Token)).to.deep.equal([]);
    });

    for (const options of [{ state: undefined }, { refresh: false }] as const) {
      it(`is refused at start with ${JSON.stringify(options)}`, async () => {
        const error = await setUp(options).then(
          () => undefined,
          (reason: unknown) => reason,
        );
        expect(error).to.be.instanceOf(ConfigurationError);
        expect((error as Error).message)
          .to.include('tokenController() needs')
          .and.include('Tokens');
      });
    }
  });
}
