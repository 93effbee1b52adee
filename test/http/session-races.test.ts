/** No session outlives a change of the account, nor does what a password opened beside it while that was under way. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Authorized, Get, JsonController, Post } from 'routing-controllers';
import {
  apiKeyController,
  ApiKeyProvider,
  ApiKeys,
  type Authentication,
  type Constructor,
  CurrentAuthentication,
  MemoryState,
  passwordController,
  PasswordProvider,
  sessionController,
  SessionProvider,
  SessionService,
  tokenController,
  TokenProvider,
  TokenService,
  type User,
  type UserstoreInterface,
} from '../../src';
import { updateEndingTokens } from '../../src/cli/end-tokens';
import { runCli } from '../../src/cli/run-cli';
import { nextStamp } from '../../src/core/stamp';
import type { UserDirectory } from '../../src/core/user-directory';
import { migrate, SqliteClient, SqlUserstore } from '../../src/sql';
import { SqlUserDirectory } from '../../src/sql/sql-directory';
import { Browser } from '../support/browser';
import { DRIVERS, TestServer } from '../support/drivers';
import { cheapPasswords } from '../support/hashers';
import { MemoryLogger, reset } from '../support/reset';
import { secured } from '../support/secured-server';

const OLD = 'the former password';
const NEW = 'quite another password';
const BASIC = (password: string) => ({
  authorization: `Basic ${Buffer.from(`ann:${password}`).toString('base64')}`,
});

/** A userstore, and how its accounts are changed from outside. */
interface Ground {
  readonly store: UserstoreInterface;
  readonly passwd: () => Promise<unknown>;
  readonly disable: () => Promise<unknown>;
  /** Removes ann, and makes another ann. */
  readonly replace: () => Promise<unknown>;
  readonly close: () => Promise<void>;
}

async function inMemory(): Promise<Ground> {
  let ann: User = { username: 'ann' };
  const put = ({ tokensValidFrom, ...user }: Partial<User>): void => {
    const from = tokensValidFrom ?? ann.tokensValidFrom ?? new Date(0);
    ann = { ...ann, ...user, tokensValidFrom: from };
  };
  const stamp = (): Date => nextStamp(ann.tokensValidFrom, Date.now());
  put({ password: await cheapPasswords.hash(OLD), id: 1, tokensValidFrom: new Date(Date.now() - 5000) });
  return {
    store: {
      getUser: (name) => (name === 'ann' ? { ...ann } : null),
      updatePassword: (_user, password, before, changes) => {
        if (ann.password !== before) return false;
        put({ password, ...changes });
        return true;
      },
    },
    passwd: async () => {
      put({ password: await cheapPasswords.hash(NEW), tokensValidFrom: stamp() });
    },
    disable: async () => {
      put({ active: false, tokensValidFrom: stamp() });
      return Promise.resolve();
    },
    replace: async () => {
      put({ id: 2, password: await cheapPasswords.hash(NEW), tokensValidFrom: stamp() });
    },
    close: () => Promise.resolve(),
  };
}

/** As `user add` makes it. */
async function newAnn(password: string): Promise<User> {
  return { username: 'ann', password: await cheapPasswords.hash(password), tokensValidFrom: new Date() };
}

/** By the commands, or what they do where they would ask for a password. */
function changedFrom(
  target: string,
  store: UserstoreInterface & { close(): unknown },
  directory: () => UserDirectory,
  folder: string,
): Ground {
  const command = async (...args: string[]): Promise<void> => {
    let text = '';
    const code = await runCli(args, { out: () => undefined, err: (line) => (text += line) });
    expect(code, text).to.equal(0);
  };
  return {
    store,
    passwd: async () => updateEndingTokens(directory(), 'ann', { password: await cheapPasswords.hash(NEW) }),
    disable: () => command('user', 'disable', target, 'ann'),
    replace: async () => {
      await command('user', 'remove', target, 'ann');
      await directory().add(await newAnn(NEW));
    },
    close: async () => {
      await store.close();
      rmSync(folder, { recursive: true });
    },
  };
}

const GROUNDS: Readonly<Record<string, () => Promise<Ground>>> = {
  memory: inMemory,
  SQLite: async () => {
    const folder = mkdtempSync(join(tmpdir(), 'securest-'));
    const path = join(folder, 'users.db');
    const client = new SqliteClient(path);
    await migrate(client);
    const users = new SqlUserstore({ client });
    const store: UserstoreInterface & { close(): unknown } = {
      getUser: (name) => users.getUser(name),
      updatePassword: (user, password, before, changes) =>
        users.updatePassword?.(user, password, before, changes) ?? false,
      close: () => client.close(),
    };
    const directory = () => new SqlUserDirectory(client);
    await directory().add(await newAnn(OLD));
    return changedFrom(`sqlite:${path}`, store, directory, folder);
  },
};

/** Lets a test hold what a store has read, until it says so. */
class Gate {
  #wait: Promise<void> | undefined;
  #open: () => void = () => undefined;
  held = 0;

  close(): void {
    this.#wait = new Promise((resolve) => (this.#open = resolve));
  }

  open(): void {
    this.#wait = undefined;
    this.#open();
  }

  async pass<T>(value: T): Promise<T> {
    if (this.#wait !== undefined) {
      this.held += 1;
      await this.#wait;
    }
    return value;
  }
}

function gated(store: UserstoreInterface, gate: Gate): UserstoreInterface {
  return {
    hasTokensValidFrom: true,
    // Read before it waits: what a slow store hands over is of before.
    getUser: async (name) => gate.pass(await store.getUser(name)),
    updatePassword: (user, password, before, changes) =>
      store.updatePassword?.(user, password, before, changes) ?? false,
  };
}

for (const driver of DRIVERS) {
  for (const [name, ground] of Object.entries(GROUNDS)) {
    describe(`Changes of an account in ${name} on ${driver.name}`, function () {
      this.timeout(30_000);
      beforeEach(reset);

      const start = async () => {
        const users = await ground();
        const gate = new Gate();
        const own = gated(users.store, gate);
        const state = new MemoryState();
        const tokens = new TokenService({
          secret: 'a secret of more than thirty-two bytes',
          issuer: 't',
          audience: 't',
          state,
        });
        const keys = new ApiKeys({ state, prefix: 'notes', whenPasswordChanges: 'end' });
        const sessions = new SessionService({ state });
        class Users {
          getUser = own.getUser;
          updatePassword = own.updatePassword?.bind(own);
        }
        class Password extends PasswordProvider {
          constructor() {
            super({ throttle: false, passwords: cheapPasswords });
          }
        }
        class Token extends TokenProvider {
          constructor() {
            super(tokens);
          }
        }
        class Key extends ApiKeyProvider {
          constructor() {
            super(keys);
          }
        }
        class Session extends SessionProvider {
          constructor() {
            super(sessions);
          }
        }
        class Tokens extends TokenService {}
        class Keys extends ApiKeys {}
        class Sessions extends SessionService {}
        const known = new Map<unknown, unknown>([[Tokens, tokens], [Keys, keys], [Sessions, sessions], [Users, own]]); // prettier-ignore
        const container = {
          get: <T>(cls: Constructor<T>): T => {
            const instance: unknown = known.get(cls) ?? new (cls as new () => object)();
            known.set(cls, instance);
            return instance as T;
          },
        };
        @JsonController()
        class Notes {
          @Authorized() @Get('/who') who() {
            return 'ok';
          }
          @Authorized() @Post('/issue') issue(@CurrentAuthentication() login: Authentication) {
            return tokens.issue(login);
          }
        }
        const server = await TestServer.start(
          driver.build(
            secured(
              {
                controllers: [
                  Notes,
                  tokenController({ tokens: Tokens }),
                  apiKeyController({ keys: Keys }),
                  sessionController({ sessions: Sessions }),
                  passwordController(),
                ],
                security: {
                  container,
                  userstores: [Users as never],
                  providers: [Password, Token, Key, Session],
                },
              },
              new MemoryLogger(),
            ),
          ),
        );
        const held: { what: string; headers: Record<string, string> }[] = [];
        const refreshTokens: string[] = [];
        const keep = (what: string, headers: Record<string, string>): void =>
          void held.push({ what, headers });
        const send = (method: string, path: string, headers: Record<string, string>, body?: unknown) =>
          new Browser(server).send(method, path, { headers, ...(body !== undefined && { body }) });
        /** Everything that a password opens, at once. */
        const work = async (): Promise<void> => {
          const login = BASIC(OLD);
          const browser = new Browser(server);
          const [pair, issued, key] = await Promise.all([
            send('POST', '/token', login),
            send('POST', '/issue', login),
            send('POST', '/api-keys', login, { name: 'build' }),
            browser.send('POST', '/session', { body: { username: 'ann', password: OLD } }),
          ]);
          for (const cookie of browser.cookies) keep('session', { cookie: cookie.join('=') });
          if (pair.status === 200) {
            keep('start()', { authorization: `Bearer ${String(pair.json()['token'])}` });
            refreshTokens.push(String(pair.json()['refreshToken']));
          }
          if (issued.status < 300)
            keep('issue()', { authorization: `Bearer ${String(issued.json()['token'])}` });
          if (key.status === 201) keep('key', { 'x-api-key': String(key.json()['key']) });
        };
        const refreshOnce = async (refreshToken: string): Promise<number> => {
          const reply = await send('POST', '/token/refresh', {}, { refreshToken });
          if (reply.status !== 200) return reply.status;
          keep('refresh()', { authorization: `Bearer ${String(reply.json()['token'])}` });
          refreshTokens.push(String(reply.json()['refreshToken']));
          return 200;
        };
        const alive = async (): Promise<string[]> => {
          const found: string[] = [];
          for (const { what, headers } of held) {
            if ((await send('GET', '/who', headers)).status === 200) found.push(what);
          }
          for (const token of [...refreshTokens]) {
            if ((await refreshOnce(token)) === 200) found.push('refresh token');
          }
          return found;
        };
        return {
          users, gate, held, refreshTokens, send, work, refreshOnce, alive,
          [Symbol.asyncDispose]: async () => {
            await server.close();
            await users.close();
          },
        }; // prettier-ignore
      };

      const CHANGES: Readonly<Record<string, (app: Awaited<ReturnType<typeof start>>) => Promise<unknown>>> =
        {
          'user passwd': ({ users }) => users.passwd(),
          'user disable': ({ users }) => users.disable(),
          'another user of the name': ({ users }) => users.replace(),
        };
      for (const [change, apply] of Object.entries(CHANGES)) {
        it(`leave nothing of before alive: ${change} while logins, issues and refreshes run`, async () => {
          await using app = await start();
          await app.work();
          expect(new Set(app.held.map(({ what }) => what))).to.deep.equal(
            new Set(['session', 'start()', 'issue()', 'key']),
          );
          const [spent = ''] = app.refreshTokens;
          // All of these have read the account as it was, and go on when it has changed.
          app.gate.close();
          const underWay = [app.work(), app.work(), app.refreshOnce(spent)];
          while (app.gate.held < 5) await new Promise(setImmediate);
          await apply(app);
          app.gate.open();
          await Promise.all(underWay);
          expect(await app.alive()).to.deep.equal([]);
          const later = await app.send('POST', '/token', BASIC(NEW));
          expect(later.status).to.equal(change === 'user disable' ? 401 : 200);
          if (later.status !== 200) return;
          const headers = { authorization: `Bearer ${String(later.json()['token'])}` };
          expect((await app.send('GET', '/who', headers)).status).to.equal(200);
        });
      }

      it('leave nothing of before alive: PUT /password between many logins at once', async () => {
        await using app = await start();
        await app.work();
        const change = app.send('PUT', '/password', BASIC(OLD), { currentPassword: OLD, newPassword: NEW });
        const [spent = ''] = app.refreshTokens;
        await Promise.all([app.work(), app.work(), app.refreshOnce(spent), app.work()]);
        expect((await change).status).to.equal(204);
        expect(await app.alive()).to.deep.equal([]);
        expect((await app.send('POST', '/token', BASIC(NEW))).status).to.equal(200);
      });
    });
  }
}
