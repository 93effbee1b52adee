import type http from 'node:http';
import { expect } from 'chai';
import { JsonController, Post, Req } from 'routing-controllers';
import {
  ApiKeys,
  Authentication,
  createSecurity,
  PasswordProvider,
  SessionProvider,
  SessionService,
  TokenProvider,
  TokenService,
  type User,
} from '../../src';
import { AccessTokenProvider, MemoryProofStore } from '../../src/oidc';
import { basic, DRIVERS } from '../support/drivers';
import { eventually } from '../support/eventually';
import { hasherWith } from '../support/hashers';
import { HeldTime } from '../support/held-time';
import { ProofKey, TokenIssuer } from '../support/issued-tokens';
import { HASH, keyProviderOf, PASSWORD, WatchedState } from '../support/key-fixtures';
import { MemoryLogger, reset } from '../support/reset';
import { type Client, SocketApp } from '../support/socket-app';

const RECHECK_MS = 600_000;
const ISSUER = 'https://id.example';

describe('The login of a socket', () => {
  const time = HeldTime.use();
  let users: Map<string, User>;

  class Users {
    readonly hasTokensValidFrom = true;
    getUser(name: string): User | null {
      return users.get(name) ?? null;
    }
  }

  beforeEach(() => {
    reset();
    users = new Map([
      ['ann', { username: 'ann', id: 1, password: HASH, tokensValidFrom: new Date(time.now - 60_000) }],
    ]);
  });

  const start = (...providers: unknown[]): Promise<SocketApp> =>
    SocketApp.start(
      { userstores: [Users], providers: providers as never, clock: time.clock },
      { socket: { recheckMs: RECHECK_MS } },
    );
  /** Lets a check pass, and says whether the socket is still open after it. */
  const isOpenAfterCheck = async (app: SocketApp, client: Client): Promise<boolean> => {
    const { login } = app.logins.at(-1)!;
    time.pass(RECHECK_MS);
    await eventually(() => client.isClosed || app.logins.at(-1)!.login !== login);
    // What the store and the rule say is there at once, and so is the timer for the next check.
    await new Promise(setImmediate);
    return !client.isClosed;
  };
  const changePassword = () => {
    users.set('ann', { ...users.get('ann')!, tokensValidFrom: new Date(time.now) });
  };

  describe('by Basic', () => {
    it('hashes no password again, counts no try, and ends with the password', async () => {
      let verified = 0;
      const passwords = hasherWith({
        verify: async () => {
          verified += 1;
          return true;
        },
      });
      class Password extends PasswordProvider {
        constructor() {
          super({ passwords, credentialCache: false });
        }
      }
      await using app = await start(Password);
      const client = await app.open(basic('ann', PASSWORD));
      expect(await isOpenAfterCheck(app, client)).to.equal(true);
      expect(await isOpenAfterCheck(app, client)).to.equal(true);
      expect(verified).to.equal(1);
      expect(app.logins[0]?.login.provedBy).to.equal('login');
      changePassword();
      expect(await isOpenAfterCheck(app, client)).to.equal(false);
      expect(await client.closed).to.equal('4001 revoked');
      expect(verified).to.equal(1);
    });

    it('is refused from a foreign origin, as browsers send a password by themselves', async () => {
      class Password extends PasswordProvider {
        constructor() {
          super({ passwords: hasherWith({ verify: () => Promise.resolve(true) }) });
        }
      }
      await using app = await start(Password);
      const refused = await app.refused({ ...basic('ann', PASSWORD), origin: 'https://evil.example' });
      expect([refused.status, refused.body.code]).to.deep.equal([403, 'cross_site']);
    });
  });

  describe('by a token of the app', () => {
    const setUp = async () => {
      const revoked = new Set<unknown>();
      class Tokens extends TokenService {
        constructor() {
          super({
            secret: 'x'.repeat(32),
            issuer: 'notes',
            audience: 'notes',
            ttlSeconds: 3400,
            clock: time.clock,
          });
        }
        override isRevoked(token: { claims: Readonly<Record<string, unknown>> }): boolean {
          return revoked.has(token.claims['sub']);
        }
      }
      const tokens = new Tokens();
      class Token extends TokenProvider {
        constructor() {
          super(tokens);
        }
      }
      const app = await start(Token);
      const { token } = tokens.issue(new Authentication(users.get('ann')!));
      return { app, revoked, headers: { authorization: `Bearer ${token}` } };
    };

    it('ends when it is revoked, and not before', async () => {
      const { app: running, revoked, headers } = await setUp();
      await using app = running;
      const client = await app.open({ ...headers, origin: 'https://other.example' });
      expect(await isOpenAfterCheck(app, client)).to.equal(true);
      revoked.add('ann');
      expect(await isOpenAfterCheck(app, client)).to.equal(false);
      expect(await client.closed).to.equal('4001 revoked');
    });

    it('ends with the password', async () => {
      const { app: running, headers } = await setUp();
      await using app = running;
      const client = await app.open(headers);
      changePassword();
      expect(await isOpenAfterCheck(app, client)).to.equal(false);
      expect(await client.closed).to.equal('4001 revoked');
    });

    it('ends when it expires', async () => {
      const { app: running, headers } = await setUp();
      await using app = running;
      const client = await app.open(headers);
      for (let check = 0; check < 5; check += 1) {
        expect(await isOpenAfterCheck(app, client)).to.equal(true);
      }
      time.pass(RECHECK_MS);
      expect(await client.closed).to.equal('4001 expired');
    });
  });

  describe('by an API key', () => {
    it('ends when the key does, and a check is no use of it', async () => {
      const state = new WatchedState(time.clock);
      const keys = new ApiKeys({ state, prefix: 'notes', cacheMs: 0 });
      await using app = await start(keyProviderOf(keys));
      const login = new Authentication(users.get('ann')!);
      const { key, info } = await keys.create(login, { name: 'socket' });
      const client = await app.open({ 'x-api-key': key });
      await eventually(() => state.calls.length > 0);
      expect(await isOpenAfterCheck(app, client)).to.equal(true);
      const used = JSON.stringify(state.only);
      expect(await isOpenAfterCheck(app, client)).to.equal(true);
      expect(JSON.stringify(state.only)).to.equal(used);
      await keys.revoke(login, info.id);
      expect(await isOpenAfterCheck(app, client)).to.equal(false);
      expect(await client.closed).to.equal('4001 revoked');
    });
  });

  describe('by an access token', () => {
    const claims = () => {
      const now = Math.floor(time.now / 1000);
      return { iss: ISSUER, sub: 'ann', aud: 'notes-api', iat: now, exp: now + 7200 };
    };
    const companyOf = (issuer: TokenIssuer, more: object = {}) =>
      class Company extends AccessTokenProvider {
        constructor() {
          super({ issuer: ISSUER, audience: 'notes-api', keys: { jwks: issuer.jwks }, ...more });
        }
      };

    it('presents no proof again, ends with the user, and keeps what the token limits', async () => {
      const issuer = await TokenIssuer.create(ISSUER);
      const proofKey = await ProofKey.create();
      const replays = new MemoryProofStore({ clock: time.clock });
      await using app = await start(
        companyOf(issuer, { dpop: { origin: 'https://app.example', replays, required: true } }),
      );
      const token = await issuer.sign({ ...claims(), scope: 'read', cnf: { jkt: proofKey.thumbprint } });
      const proof = await proofKey.prove(token, {
        htm: 'GET',
        htu: 'https://app.example/',
        iat: Math.floor(time.now / 1000),
        jti: 'one',
      });
      const headers = { authorization: `DPoP ${token}`, dpop: proof };
      const client = await app.open(headers);
      expect((await app.refused(headers)).status, 'a proof counts once').to.equal(401);
      expect(await isOpenAfterCheck(app, client)).to.equal(true);
      expect(app.logins[0]?.login).to.deep.include({ scopes: ['read'], isBound: true });
      users.set('ann', { ...users.get('ann')!, active: false });
      expect(await isOpenAfterCheck(app, client)).to.equal(false);
      expect(await client.closed).to.equal('4001 inactive');
    });
  });

  describe('by a session', () => {
    it('ends when the session does, and a check is no use of it', async () => {
      const state = new WatchedState(time.clock);
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
      @JsonController()
      class LogIn {
        @Post('/in') async in(@Req() request: http.IncomingMessage) {
          await sessions.start(new Authentication(users.get('ann')!), request);
          return 'ok';
        }
      }
      const security = createSecurity({
        logger: new MemoryLogger(),
        userstores: [Users],
        providers: [Session],
        clock: time.clock,
      });
      const listener = DRIVERS[0]!.build(security.secure({ controllers: [LogIn] }));
      await using app = await SocketApp.start({}, { security, listener, socket: { recheckMs: RECHECK_MS } });
      const reply = await app.server.fetch('/in', { method: 'POST' });
      expect(reply.status, await reply.text()).to.equal(200);
      const [cookie = ''] = reply.headers.getSetCookie().map((line) => line.split(';')[0] ?? '');
      const headers = { cookie, origin: app.server.url };
      expect((await app.refused({ ...headers, origin: 'https://evil.example' })).body.code).to.equal(
        'cross_site',
      );
      const client = await app.open(headers);
      const before = JSON.stringify([...state.entries]);
      expect(await isOpenAfterCheck(app, client)).to.equal(true);
      expect(JSON.stringify([...state.entries])).to.equal(before);
      await sessions.endAll({ username: 'ann' });
      expect(await isOpenAfterCheck(app, client)).to.equal(false);
      expect(await client.closed).to.equal('4001 revoked');
    });
  });
});
