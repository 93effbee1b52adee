import { hashSync } from 'bcryptjs';
import { expect } from 'chai';
import { useContainer } from 'routing-controllers';
import { Container, Service } from 'typedi';
import {
  ConfigurationError,
  createSecurity,
  MemoryUserstore,
  passwordController,
  type PasswordControllerOptions,
  PasswordProvider,
  type PasswordUpdate,
  type SecurityOptions,
  ServiceUnavailableError,
  TokenProvider,
  TokenService,
  Authentication,
  type User,
} from '../../src';
import { SqliteClient, SqlUserstore, type SqlUserstoreOptions } from '../../src/sql';
import { DEADLINE_MS, hang, holdDeadlines, tooLate } from '../support/deadlines';
import { basic, DRIVERS } from '../support/drivers';
import { OWN_DRIVERS } from '../support/own-drivers';
import { eventually } from '../support/eventually';
import { cheapPasswords } from '../support/hashers';
import { reset } from '../support/reset';
import { startApi } from '../support/scripted';

const OLD = 'correct horse battery';
const NEW = 'staple in the meadow';
const HASH = hashSync(OLD, 4);
const START = Date.now();

for (const driver of OWN_DRIVERS) {
  describe(`passwordController() on ${driver.name}`, () => {
    let now: number;

    beforeEach(() => {
      reset();
      now = START;
    });

    const setUp = async (options?: PasswordControllerOptions, more: Partial<SecurityOptions> = {}) => {
      @Service()
      class Tokens extends TokenService {
        constructor() {
          super({
            secret: 'a secret of more than thirty-two bytes',
            issuer: 'test',
            audience: 'test',
            clock: () => now,
          });
        }
      }
      class Users extends MemoryUserstore {
        constructor() {
          super({
            users: [
              { username: 'ann', email: 'ann.lee@example.com', password: HASH },
              { username: 'wilhelmina', password: HASH },
            ],
          });
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
      const security = { userstores: [Users], providers: [Password, Token], clock: () => now, ...more };
      const controllers = [passwordController({ ...options, ...(options?.tokens && { tokens: Tokens }) })];
      const api = await startApi(driver, { security, host: { controllers } });
      const tokens = Container.get(Tokens);
      return Object.assign(api, {
        hashOf: (username: string) => Container.get(Users).getUser(username)?.password,
        tokenOf: (username: string) =>
          tokens.issue(new Authentication({ username }, { authenticatedAt: new Date(now) })).token,
        put: async (headers: Record<string, string>, body: unknown, path = '/password') => {
          const text = typeof body === 'string' ? body : JSON.stringify(body);
          const all = { 'content-type': 'application/json', ...headers };
          const reply = await api.server.raw(path, { method: 'PUT', headers: all }, text);
          return { status: reply.status, text: reply.text, headers: reply.response.headers };
        },
      });
    };
    const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
    const change = (currentPassword: unknown = OLD, newPassword: unknown = NEW) => ({
      currentPassword,
      newPassword,
    });
    type Api = Awaited<ReturnType<typeof setUp>>;
    /** Whether somebody is known by these credentials: a body that is none is 400 only for who is logged in. */
    const isIn = async (api: Api, headers: Record<string, string>) => {
      const { status } = await api.put(headers, {});
      expect(status).to.be.oneOf([400, 401]);
      return status === 400;
    };

    it('refuses a change over plain HTTP if the app requires HTTPS', async () => {
      await using api = await setUp({}, { requireHttps: true, trustProxy: 1 });
      const from = (protocol: string) => ({
        ...bearer(api.tokenOf('ann')),
        'x-forwarded-for': '203.0.113.9',
        'x-forwarded-proto': protocol,
      });
      const refused = await api.put(from('http'), change());
      expect(refused.status).to.equal(403);
      expect(JSON.parse(refused.text)).to.include({ code: 'https_required' });
      expect(api.hashOf('ann')).to.equal(HASH);
      expect((await api.put(from('https'), change())).status).to.equal(204);
    });

    it('changes the password: the new one logs in, the old one no longer', async () => {
      await using api = await setUp();
      const reply = await api.put(basic('ann', OLD), change());
      expect(reply.status).to.equal(204);
      expect(reply.text).to.equal('');
      expect(reply.headers['cache-control']).to.equal('private, no-store');
      expect(await isIn(api, basic('ann', OLD))).to.be.false;
      expect(await isIn(api, basic('ann', NEW))).to.be.true;
      expect(await isIn(api, basic('wilhelmina', OLD))).to.be.true;
    });

    it('ends every token of before, and gives a new one where it can', async () => {
      await using api = await setUp({ tokens: TokenService });
      const tokens = [api.tokenOf('ann'), api.tokenOf('ann')];
      const other = api.tokenOf('wilhelmina');
      now += 1000;
      const reply = await api.put(bearer(tokens[0]!), change());
      expect(reply.status).to.equal(200);
      const { token } = JSON.parse(reply.text) as { token: string };
      for (const old of tokens) expect(await isIn(api, bearer(old))).to.be.false;
      expect(await isIn(api, bearer(token))).to.be.true;
      expect(await isIn(api, bearer(other))).to.be.true;
    });

    it('gives a token for the store that has the user', async () => {
      class Staff extends MemoryUserstore {
        constructor() {
          super({ users: [] });
        }
      }
      class Customers extends MemoryUserstore {
        constructor() {
          super({ users: [{ username: 'ann', password: HASH }] });
        }
      }
      await using api = await setUp({ tokens: TokenService }, { userstores: [Staff, Customers] });
      const { token } = JSON.parse((await api.put(basic('ann', OLD), change())).text) as { token: string };
      expect(await isIn(api, bearer(token))).to.be.true;
      const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString());
      expect(claims).to.include({ sub: 'ann', userstore: 'Customers' });
    });

    it('ends tokens with each of two changes within a millisecond, and lets stores forget the user', async () => {
      const forgotten: string[] = [];
      class Remembering extends MemoryUserstore {
        constructor() {
          super({ users: [{ username: 'ann', password: HASH }] });
        }
        forget(username: string): void {
          forgotten.push(username);
          throw new Error('the cache is down');
        }
      }
      await using api = await setUp({ tokens: TokenService }, { userstores: [Remembering] });
      const first = await api.put(basic('ann', OLD), change());
      const second = await api.put(basic('ann', NEW), change(NEW, `${NEW} again`));
      expect([first.status, second.status]).to.deep.equal([200, 200]);
      const [before, after] = [first, second].map(
        ({ text }) => (JSON.parse(text) as { token: string }).token,
      );
      expect(await isIn(api, bearer(before!))).to.be.false;
      expect(await isIn(api, bearer(after!))).to.be.true;
      expect(forgotten).to.deep.equal(['ann', 'ann']);
      expect(api.logger.lines.join()).to.include('Remembering could not forget a user');
    });

    it('takes a login of five minutes ago and no older one', async () => {
      await using api = await setUp();
      const token = api.tokenOf('ann');
      now += 5 * 60_000 + 1;
      const reply = await api.put(bearer(token), change());
      expect(reply.status).to.equal(401);
      expect(JSON.parse(reply.text)).to.include({ code: 'insufficient_user_authentication' });
      expect(reply.headers['www-authenticate']).to.equal(
        'Bearer realm="api", error="insufficient_user_authentication", max_age="300"',
      );
      now -= 1;
      expect((await api.put(bearer(token), change())).status).to.equal(204);
    });

    it('is 401 for an anonymous client, whatever it sends', async () => {
      await using api = await setUp();
      for (const body of [change(), {}, 'no json']) {
        const { status } = await api.put({}, body);
        expect(status).to.be.oneOf(body === 'no json' ? [400, 401] : [401]);
      }
      expect(await isIn(api, basic('ann', OLD))).to.be.true;
    });

    it('asks for the current password, and counts wrong ones with the failed logins', async () => {
      await using api = await setUp();
      const token = api.tokenOf('ann');
      for (let count = 0; count < 10; count += 1) {
        const reply = await api.put(bearer(token), change(`wrong ${String(count)}`));
        expect(reply.status).to.equal(403);
        expect(JSON.parse(reply.text)).to.deep.equal({
          name: 'WrongPasswordError',
          code: 'wrong_password',
          message: 'Access Denied',
        });
        expect(reply.headers['www-authenticate']).to.equal(undefined);
      }
      const throttled = await api.put(bearer(token), change());
      expect(throttled.status).to.equal(429);
      expect(throttled.headers['retry-after']).to.match(/^\d+$/);
      expect(await api.put(basic('ann', OLD), change())).to.include({ status: 429 });
      expect(api.hashOf('ann')).to.equal(HASH);
    });

    for (const [newPassword, message] of [
      ['too short', 'The new password must have at least 12 characters'],
      ['password1234', 'The new password must not be a common password'],
      ['wilhelmina1815', 'The new password must not be based on the user name'],
      [OLD, 'The new password must differ from the current one'],
      [`long${'x'.repeat(1021)}`, 'The new password must have at most 1024 bytes'],
      ['control\0 character', 'The new password must not have control characters'],
    ] as const) {
      it(`refuses ${JSON.stringify(newPassword.slice(0, 20))} as weak`, async () => {
        await using api = await setUp();
        const reply = await api.put(basic('wilhelmina', OLD), change(OLD, newPassword));
        expect(reply.status).to.equal(400);
        expect(JSON.parse(reply.text)).to.deep.equal({
          name: 'WeakPasswordError',
          code: 'weak_password',
          message,
        });
        expect(reply.headers['www-authenticate']).to.equal(undefined);
        expect(await isIn(api, basic('wilhelmina', OLD))).to.be.true;
      });
    }

    it('takes no body of another shape', async () => {
      await using api = await setUp();
      for (const body of [
        {},
        [],
        change(1),
        change(OLD, null),
        change(OLD, [NEW]),
        change({ length: 30 }),
        '""',
      ]) {
        const reply = await api.put(basic('ann', OLD), body);
        expect(reply.status, JSON.stringify(body)).to.equal(400);
        expect(reply.text).to.not.include(NEW);
      }
      for (const password of ['', 'x'.repeat(2000), 'a\0b', 'a\ud800']) {
        expect((await api.put(basic('ann', OLD), change(password))).status).to.equal(403);
      }
      expect(await isIn(api, basic('ann', OLD))).to.be.true;
    });

    it('lets one of two changes at once win', async () => {
      await using api = await setUp();
      const news = [`${NEW} one`, `${NEW} two`];
      const replies = await Promise.all(news.map((next) => api.put(basic('ann', OLD), change(OLD, next))));
      const statuses = replies.map(({ status }) => status).sort();
      expect(statuses[0]).to.equal(204);
      // 401 where the other change was done before this one's login.
      expect(statuses[1]).to.be.oneOf([401, 403]);
      const winner = replies.findIndex(({ status }) => status === 204);
      expect(await isIn(api, basic('ann', news[winner]!))).to.be.true;
      expect(await isIn(api, basic('ann', news[1 - winner]!))).to.be.false;
    });

    it('reports changes and wrong passwords in events, without either password', async () => {
      await using api = await setUp();
      await api.put(basic('ann', OLD), change('canary-current', 'canary-in-the-mine'));
      await api.put(basic('ann', OLD), change(OLD, 'canary-in-the-mine'));
      const told = api.events.filter(({ type }) => type === 'denied' || type === 'password_changed');
      const request = { method: 'PUT', path: '/password', ip: '127.0.0.1' };
      expect(told).to.have.length(2);
      expect(told[0]).to.include({ type: 'denied', code: 'wrong_password', user: 'ann', ...request });
      expect(told[1]).to.include({ type: 'password_changed', user: 'ann', ...request });
      expect(JSON.stringify(api.events) + api.logger.lines.join()).to.not.match(
        /canary|correct horse|\$2b\$/,
      );
    });

    it('is refused from a page of another site', async () => {
      await using api = await setUp();
      const headers = { ...basic('ann', OLD), 'sec-fetch-site': 'cross-site' };
      const reply = await api.put(headers, change());
      expect(reply.status).to.equal(403);
      expect(JSON.parse(reply.text)).to.include({ code: 'cross_site' });
    });

    it('is not opened by a skip hook', async () => {
      await using api = await setUp({}, { skip: () => true });
      expect((await api.put({}, change())).status).to.equal(401);
      expect((await api.put(basic('ann', OLD), change())).status).to.equal(204);
    });

    it('takes another path and length', async () => {
      await using api = await setUp({ path: '/account/password', minLength: 20 });
      expect((await api.put(basic('ann', OLD), change())).status).to.equal(404);
      const short = await api.put(basic('ann', OLD), change(OLD, 'eighteen letters!!'), '/account/password');
      expect(JSON.parse(short.text)).to.include({
        message: 'The new password must have at least 20 characters',
      });
      expect((await api.put(basic('ann', OLD), change(), '/account/password')).status).to.equal(204);
    });

    it('works where TypeDI creates the controllers', async () => {
      useContainer(Container);
      try {
        await using api = await setUp();
        expect((await api.put(basic('ann', OLD), change())).status).to.equal(204);
      } finally {
        useContainer(undefined as never);
      }
    });

    describe('over a store of the app', () => {
      holdDeadlines();
      const start = async (update: (changes: PasswordUpdate | undefined) => unknown) => {
        class Store {
          getUser(username: string): User {
            return { username, password: HASH };
          }
          updatePassword(_user: User, _new: string, _old: string, changes?: PasswordUpdate) {
            return update(changes) as boolean;
          }
        }
        return setUp({}, { userstores: [Store], deadlineMs: DEADLINE_MS });
      };

      for (const [what, update, status, code] of [
        ['says that the hash was another', () => false, 403, 'wrong_password'],
        ['says nothing', () => undefined, 500, 'security_error'],
        ['says something that is true enough', () => 1, 500, 'security_error'],
        [
          'fails',
          () => {
            throw new Error('canary');
          },
          500,
          'security_error',
        ],
        ['never answers', hang, 503, 'authentication_unavailable'],
      ] as const) {
        it(`is ${String(status)} when it ${what}`, async () => {
          await using api = await start(update);
          const reply = await api.put(basic('ann', OLD), change());
          expect(reply.status).to.equal(status);
          expect(JSON.parse(reply.text)).to.include({ code });
          expect(reply.text).to.not.include('canary');
          expect(api.events.filter(({ type }) => type === 'password_changed')).to.deep.equal([]);
        });
      }

      it('is 503 when it is down, and the log says why', async () => {
        await using api = await start(() => {
          throw new ServiceUnavailableError({ cause: new Error(`refused ${NEW}`), retryAfterSeconds: 7 });
        });
        const reply = await api.put(basic('ann', OLD), change());
        expect([reply.status, reply.headers['retry-after']]).to.deep.equal([503, '7']);
        expect(JSON.parse(reply.text)).to.include({ name: 'ServiceUnavailableError' });
        expect(api.events.at(-1)).to.deep.include({ type: 'unavailable', reason: 'unavailable' });
        const told = api.logger.lines.filter((line) => line.includes('could not change a password'));
        expect(told.join()).to.include('refused ***').and.not.include(NEW);
      });

      it('reports a change that is made after its deadline has passed', async () => {
        let finish: ((isReplaced: boolean) => void) | undefined;
        await using api = await start(() => tooLate(new Promise<boolean>((resolve) => (finish = resolve))));
        const reply = await api.put(basic('ann', OLD), change());
        expect(reply.status).to.equal(503);
        expect(JSON.parse(reply.text)).to.include({ name: 'ServiceUnavailableError' });
        expect(api.events.at(-1)).to.deep.include({ type: 'unavailable', reason: 'deadline_passed' });
        finish?.(true);
        await eventually(() => api.events.some(({ type }) => type === 'password_changed'));
      });

      it('hands it the moment from which tokens count', async () => {
        const seen: unknown[] = [];
        await using api = await start((changes) => {
          seen.push(changes);
          return true;
        });
        expect((await api.put(basic('ann', OLD), change())).status).to.equal(204);
        expect(seen).to.deep.equal([{ tokensValidFrom: new Date(START) }]);
      });

      for (const [what, kept, told] of [
        ['loses that moment', () => undefined, true],
        ['keeps it to the second', (from: Date) => new Date(from.getTime() - 1), false],
        ['keeps it', (from: Date) => from, false],
        ['keeps that of a later change', (from: Date) => new Date(from.getTime() + 1), false],
        [
          'fails from then on',
          () => {
            throw new Error('canary');
          },
          false,
        ],
      ] as const) {
        it(`${told ? 'tells' : 'does not tell'} that tokens live on when it ${what}`, async () => {
          let from: Date | undefined;
          class Store {
            getUser(username: string): User {
              return { username, password: HASH, tokensValidFrom: from && kept(from) };
            }
            updatePassword(_user: User, _new: string, _old: string, changes?: PasswordUpdate) {
              from = changes?.tokensValidFrom;
              return true;
            }
          }
          await using api = await setUp({}, { userstores: [Store] });
          expect((await api.put(basic('ann', OLD), change())).status).to.equal(204);
          const problems = api.events.filter(({ type }) => type === 'misconfigured');
          expect(problems.map((event) => ({ ...event, problem: '' }))).to.deep.equal(
            told ? [{ type: 'misconfigured', component: 'Store', user: 'ann', problem: '' }] : [],
          );
        });
      }
    });
  });
}

describe('passwordController() at start', () => {
  beforeEach(reset);
  class Password extends PasswordProvider {
    constructor() {
      super({ passwords: cheapPasswords });
    }
  }
  class Users extends MemoryUserstore {
    constructor() {
      super({ users: [] });
    }
  }
  class ReadOnly {
    getUser() {
      return null;
    }
  }
  class Forgetful extends ReadOnly {
    updatePassword(_user: User, _newHash: string, _oldHash: string) {
      return true;
    }
  }
  class Other {
    authenticate() {
      return null;
    }
  }
  const start = (security: SecurityOptions) => {
    const secured = createSecurity({ logger: { info() {}, warn() {}, error() {} }, ...security });
    return DRIVERS[0]!.build(secured.secure({ controllers: [passwordController()] as never[] }));
  };

  it('refuses stores that cannot change a password, or not end tokens, and no PasswordProvider', () => {
    for (const [security, names] of [
      [{ userstores: [ReadOnly], providers: [Password] }, 'updatePassword()'],
      [{ userstores: [ReadOnly, Forgetful], providers: [Password] }, 'Forgetful'],
      [{ userstores: [Users], providers: [Other] }, 'PasswordProvider'],
    ] as const) {
      reset();
      expect(() => start(security)).to.throw(ConfigurationError, names);
    }
    reset();
    expect(() => start({ userstores: [ReadOnly, Users], providers: [Other, Password] })).to.not.throw();
  });

  it('refuses a database that has no place for the time from which tokens count', () => {
    const client = new SqliteClient(':memory:');
    const columns = { name: 'people', username: 'login', password: 'hash' };
    const storeWith = (options: Omit<SqlUserstoreOptions, 'client'>) =>
      class People extends SqlUserstore {
        constructor() {
          super({ client, ...options });
        }
      };
    const getUser = 'SELECT login AS username, hash AS password FROM people WHERE login = $1';
    const updatePassword = 'UPDATE people SET hash = $1 WHERE login = $2 AND hash = $3 RETURNING login';
    for (const [options, names] of [
      [{ table: { name: 'people', username: 'login' } }, 'updatePassword()'],
      [{ table: columns }, 'People.updatePassword'],
      [{ queries: { getUser, updatePassword } }, 'People.updatePassword'],
    ] as const) {
      reset();
      const security = { userstores: [storeWith(options)], providers: [Password] };
      expect(() => start(security)).to.throw(ConfigurationError, names);
    }
    for (const options of [{}, { table: { ...columns, tokensValidFrom: 'valid_from' } }]) {
      reset();
      const security = { userstores: [storeWith(options)], providers: [Password] };
      expect(() => start(security)).to.not.throw();
    }
    client.close();
  });

  it('refuses options that do not hold', () => {
    for (const options of [
      { path: 'password' },
      { path: '/' },
      { path: '/a b' },
      { path: 7 },
      { minLength: 4 },
    ]) {
      expect(() => passwordController(options as PasswordControllerOptions)).to.throw(ConfigurationError);
    }
  });
});
