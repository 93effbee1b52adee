/** Apps whose one guarded route is asked by a token or a session, over connections in memory: no socket, no kernel. */
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { Authorized, Get, JsonController, Post, Req } from 'routing-controllers';
import {
  Authentication,
  type AuthProviderInterface,
  type Constructor,
  KeySet,
  MemoryState,
  MemoryUserstore,
  Public,
  securest,
  SessionProvider,
  SessionService,
  type StateStoreInterface,
  TokenProvider,
  TokenService,
} from '../../src';
import { RedisState } from '../../src/redis';
import { migrate, SqliteClient, SqlState } from '../../src/sql';
import { RedisServer, whyNoRedis } from '../../test/integration/redis-server';
import type { Driver } from '../../test/support/drivers';
import { MemoryConnection } from '../request/memory-connection';
import { requestText } from '../request/raw-client';
import type { Headers } from '../request/target';
import type { Send } from '../request/turns';

const ISSUER = { issuer: 'bench', audience: 'bench-api' };
const SECRET = 'a secret of the bench, which no app should have';
const NAMES = ['ann', 'ben'];
const loginOf = (username = 'ann'): Authentication => new Authentication({ username });

class Users extends MemoryUserstore {
  constructor() {
    super({ users: NAMES.map((username) => ({ username, roles: ['reader'] })) });
  }
}

function listenerOf(
  driver: Driver,
  Provider: Constructor<AuthProviderInterface>,
  sessions?: SessionService,
): ReturnType<Driver['build']> {
  @JsonController()
  class Notes {
    @Authorized() @Get('/guarded') guarded() {
      return { status: 'ok' };
    }
    @Public() @Get('/open') open() {
      return { status: 'ok' };
    }
    @Public() @Post('/start') async start(@Req() request: IncomingMessage) {
      await sessions?.start(loginOf(String(request.headers['x-name'])), request);
      return { status: 'ok' };
    }
  }
  const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
  return driver.build(
    securest({
      controllers: [Notes],
      security: { userstores: [Users], providers: [Provider], logger: silent },
    }),
  );
}

function sender(listener: ReturnType<Driver['build']>, [method, path, headers]: [string, string, Headers]) {
  const connection = new MemoryConnection(listener);
  const text = Buffer.from(requestText(path, headers, method));
  const send: Send = async () => {
    const status = await connection.send(text);
    if (status !== 200) throw new Error(`${path} is ${String(status)}: ${connection.reply}`);
  };
  return { send, connection };
}

/** What browsers and clients send beside the credential. */
const BROWSER = {
  'user-agent':
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
  accept: 'application/json',
};

async function tokenSender(driver: Driver, tokens: TokenService): Promise<Send> {
  class Token extends TokenProvider {
    constructor() {
      super(tokens);
    }
  }
  const listener = listenerOf(driver, Token);
  await tokens.ready;
  const authorization = `Bearer ${tokens.issue(loginOf()).token}`;
  return sender(listener, ['GET', '/guarded', { ...BROWSER, authorization }]).send;
}

interface SessionSenders {
  readonly session: Send;
  readonly start: Send;
  readonly open: Send;
}

async function sessionSenders(driver: Driver, state: StateStoreInterface): Promise<SessionSenders> {
  const sessions = new SessionService({ state });
  class Session extends SessionProvider {
    constructor() {
      super(sessions);
    }
  }
  const listener = listenerOf(driver, Session, sessions);
  const beginOf = (name: string) => sender(listener, ['POST', '/start', { ...BROWSER, 'x-name': name }]);
  const begin = beginOf('ann');
  await begin.send();
  const [, cookie = ''] = /set-cookie: ([^;]+)/i.exec(begin.connection.reply) ?? [];
  return {
    session: sender(listener, ['GET', '/guarded', { ...BROWSER, cookie }]).send,
    // Of another user, whose oldest session ends each time.
    start: beginOf('ben').send,
    open: sender(listener, ['GET', '/open', BROWSER]).send,
  };
}

export interface Contestants extends AsyncDisposable {
  readonly works: ReadonlyMap<string, Send>;
}

/** All kinds on one host. */
export async function contestants(driver: Driver): Promise<Contestants> {
  const folder = mkdtempSync(join(tmpdir(), 'securest-bench-'));
  const client = new SqliteClient(join(folder, 'state.db'));
  await migrate(client);
  const ends: (() => unknown)[] = [
    () => {
      client.close();
      rmSync(folder, { recursive: true });
    },
  ];
  const states: Record<string, StateStoreInterface> = {
    MemoryState: new MemoryState(),
    SQLite: new SqlState({ client }),
  };
  if (whyNoRedis() === undefined) {
    const server = new RedisServer();
    await server.start();
    const redis = new Redis({ path: server.socket });
    await once(redis, 'ready');
    states['Redis'] = new RedisState(redis);
    ends.push(async () => {
      redis.disconnect();
      await server.remove();
    });
  }
  const keys = new KeySet([{ algorithm: 'EdDSA', key: generateKeyPairSync('ed25519').privateKey }]);
  const works = new Map<string, Send>([
    ['token, remembered', await tokenSender(driver, new TokenService({ ...ISSUER, secret: SECRET }))],
    [
      'token, with the log of revocations',
      await tokenSender(driver, new TokenService({ ...ISSUER, secret: SECRET, state: new MemoryState() })),
    ],
    ['token, EdDSA, remembered', await tokenSender(driver, new TokenService({ ...ISSUER, keys }))],
    [
      'token, not remembered',
      await tokenSender(driver, new TokenService({ ...ISSUER, secret: SECRET, tokenCache: 0 })),
    ],
  ]);
  for (const [name, state] of Object.entries(states)) {
    const { session, start, open } = await sessionSenders(driver, state);
    if (name === 'MemoryState') works.set('open route', open);
    works.set(`session, ${name}`, session).set(`new session, ${name}`, start);
  }
  return {
    works,
    [Symbol.asyncDispose]: async () => {
      for (const end of ends) await end();
    },
  };
}
