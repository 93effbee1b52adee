/** An app whose requests can be held at every place where their account may change, and the grants it issues. */
import { Authorized, Get, JsonController, Post, useContainer } from 'routing-controllers';
import { Container, Service } from 'typedi';
import {
  apiKeyController,
  ApiKeyProvider,
  ApiKeys,
  Authentication,
  type Constructor,
  createSecurity,
  CurrentAuthentication,
  type IssuedToken,
  type IssuedTokens,
  passwordController,
  PasswordProvider,
  type PasswordUpdate,
  type StateStoreInterface,
  tokenController,
  TokenProvider,
  TokenService,
  type User,
  type UserstoreInterface,
} from '../../src';
import { basic, type Driver, TestServer } from './drivers';
import { cheapPasswords, hasherWith } from './hashers';
import { HeldRequests } from './held-requests';
import { MemoryLogger, reset } from './reset';

/** The credentials of a client, for requests or for new tokens. */
export interface Grant {
  readonly kind: 'access' | 'refresh' | 'key' | 'kept key';
  readonly text: string;
  /** The way in which the client got it. */
  readonly by: string;
}

export interface Answer {
  readonly way: Way;
  readonly status: number;
  readonly grants: readonly Grant[];
}

/** The ways to get a grant. */
export const WAYS = {
  start: ['POST', '/token'],
  started: ['POST', '/started'],
  issue: ['POST', '/issue'],
  refresh: ['POST', '/token/refresh'],
  key: ['POST', '/api-keys'],
  'kept key': ['POST', '/kept-keys'],
  change: ['PUT', '/password'],
} as const;
export type Way = keyof typeof WAYS;

export interface AccountAppOptions {
  readonly stores: Readonly<Record<string, UserstoreInterface>>;
  readonly state: StateStoreInterface;
  /** Whether verified passwords are remembered. */
  readonly remembers: boolean;
}

export class AccountApp implements AsyncDisposable {
  private constructor(
    private readonly server: TestServer,
    private readonly held: HeldRequests,
    private readonly end: () => Promise<void>,
  ) {}

  static async start(driver: Driver, { stores, state, remembers }: AccountAppOptions): Promise<AccountApp> {
    reset();
    useContainer(Container);
    const held = new HeldRequests();
    const heldState = stateOf(state, held);
    @Service()
    class Tokens extends TokenService {
      constructor() {
        super({
          ...{ secret: 'a secret of more than thirty-two bytes', issuer: 'notes', audience: 'notes-api' },
          state: heldState,
          refresh: { graceSeconds: 60, maxPerUser: 1000 },
          revocation: { maxDelayMs: 60_000 },
        });
      }
    }
    @Service()
    class Ending extends ApiKeys {
      constructor() {
        super({ state: heldState, prefix: 'ending', whenPasswordChanges: 'end' });
      }
    }
    @Service()
    class Keeping extends ApiKeys {
      constructor() {
        super({ state: heldState, prefix: 'keeping' });
      }
    }
    class Password extends PasswordProvider {
      constructor() {
        const verify = async (...args: Parameters<typeof cheapPasswords.verify>): Promise<boolean> => {
          await held.pass('verify');
          return cheapPasswords.verify(...args);
        };
        const passwords = hasherWith({ verify });
        super({ passwords, throttle: false, ...(!remembers && { credentialCache: false }) });
      }
    }
    class Token extends TokenProvider {
      constructor() {
        super(Container.get(Tokens));
      }
    }
    class EndingKey extends ApiKeyProvider {
      constructor() {
        super(Container.get(Ending));
      }
    }
    class KeepingKey extends ApiKeyProvider {
      constructor() {
        super(Container.get(Keeping), { header: 'x-kept-key' });
      }
    }
    @Service()
    @Authorized()
    @JsonController()
    class Own {
      @Get('/who') who(@CurrentAuthentication() { user }: Authentication) {
        return { username: user.username };
      }
      @Post('/issue') async issue(@CurrentAuthentication() login: Authentication): Promise<IssuedToken> {
        await held.pass('action');
        return Container.get(Tokens).issue(login);
      }
      @Post('/started') async started(@CurrentAuthentication() login: Authentication): Promise<IssuedTokens> {
        await held.pass('action');
        return Container.get(Tokens).start(login);
      }
    }
    const security = createSecurity({
      logger: new MemoryLogger(),
      deadlineMs: 600_000,
      userstores: Object.entries(stores).map(([name, store]) => heldStore(name, store, held)),
      providers: [Password, Token, EndingKey, KeepingKey],
    });
    const controllers = [
      tokenController({ tokens: Tokens }),
      apiKeyController({ keys: Ending }),
      apiKeyController({ keys: Keeping, path: '/kept-keys' }),
      passwordController({ tokens: Tokens }),
      Own,
    ];
    const server = await TestServer.start(held.around(driver.build(security.secure({ controllers }))));
    await Container.get(Tokens).ready;
    return new AccountApp(server, held, async () => {
      await server.close();
      await security.close();
      useContainer(undefined as never);
    });
  }

  /** @param credentials headers, or the refresh token */
  async get(way: Way, credentials: Record<string, string> | string, more: object = {}): Promise<Answer> {
    const [method, path] = WAYS[way];
    const isRefresh = typeof credentials === 'string';
    const { hold, ...rest } = more as { hold?: Record<string, string> };
    const body = isRefresh ? { refreshToken: credentials } : { name: 'script', ...rest };
    // On Express the host ends the connection after an error of an action.
    const headers = { 'content-type': 'application/json', connection: 'close', ...hold };
    const all = { ...headers, ...(isRefresh ? {} : credentials) };
    const { status, text } = await this.server.raw(path, { method, headers: all }, JSON.stringify(body));
    return { way, status, grants: grantsIn(text, way) };
  }

  /** Sends a request, and waits until it is held at that place. */
  hold(
    way: Way,
    credentials: Record<string, string> | string,
    [place, nth]: readonly [place: string, nth: number],
    more: object = {},
  ): Promise<{ reply: Promise<Answer> }> {
    return this.held.hold(place, nth, (hold) => this.get(way, credentials, { ...more, hold }));
  }

  release(): void {
    this.held.release();
  }

  /** The status of a request with the grant: 200 if it is valid. The request uses up a refresh token. */
  async statusOf({ kind, text }: Grant): Promise<number> {
    if (kind === 'refresh') return (await this.get('refresh', text)).status;
    const headers = { authorization: `Bearer ${text}` };
    return (await this.server.raw('/who', { headers })).status;
  }

  async isIn(username: string, password: string): Promise<boolean> {
    return (await this.server.raw('/who', { headers: basic(username, password) })).status === 200;
  }

  /** All grants that a login can get. @throws Error if one of them is refused */
  async all(username: string, password: string): Promise<readonly Grant[]> {
    const grants: Grant[] = [];
    for (const way of ['start', 'started', 'issue', 'key', 'kept key'] as const) {
      const answer = await this.get(way, basic(username, password));
      if (answer.grants.length === 0) throw new Error(`${way} was ${String(answer.status)}`);
      grants.push(...answer.grants);
    }
    return grants;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.end();
  }
}

function grantsIn(text: string, by: Way): readonly Grant[] {
  const { token, refreshToken, key } = (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>;
  const grants: Grant[] = [];
  if (typeof token === 'string') grants.push({ kind: 'access', text: token, by });
  if (typeof refreshToken === 'string') grants.push({ kind: 'refresh', text: refreshToken, by });
  if (typeof key === 'string') grants.push({ kind: by === 'kept key' ? by : 'key', text: key, by });
  return grants;
}

function stateOf(state: StateStoreInterface, held: HeldRequests): StateStoreInterface {
  const { revocationLog } = state;
  return {
    get: async (key) => {
      const found = await state.get(key);
      await held.pass('got');
      return found;
    },
    set: async (key, value, previous, ...rest) => {
      await held.pass(previous === undefined ? 'insert' : 'swap');
      const isSet = await state.set(key, value, previous, ...rest);
      await held.pass(previous === undefined ? 'inserted' : 'swapped');
      return isSet;
    },
    delete: (key) => state.delete(key),
    list: async (owner) => {
      const found = await state.list(owner);
      await held.pass('listed');
      return found;
    },
    ...(revocationLog !== undefined && { revocationLog }),
  };
}

/** @param name the name of the class, and so of the store */
function heldStore(
  name: string,
  inner: UserstoreInterface,
  held: HeldRequests,
): Constructor<UserstoreInterface> {
  const made = {
    [name]: class implements UserstoreInterface {
      async getUser(identifier: string): Promise<User | null | undefined> {
        await held.pass('read');
        const user = await inner.getUser(identifier);
        await held.pass('answer');
        return user;
      }
      async updatePassword(user: User, newHash: string, oldHash: string, changes?: PasswordUpdate) {
        return (await inner.updatePassword?.(user, newHash, oldHash, changes)) ?? false;
      }
    },
  };
  return made[name]!;
}
