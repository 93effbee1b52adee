/** The process of the server under a mixed load, and what its memory is. Run with --expose-gc. */
import { setTimeout as sleep } from 'node:timers/promises';
import { format } from 'node:util';
import { hashSync } from 'bcryptjs';
import type { Authentication, SecurityRequest, UserstoreInterface } from '../../src';
import { loadLibrary } from './library';
import { answerCalls } from './processes';
import { listenKoa } from './servers/listen';
import { API_KEY, AUDIENCE, BODY, ISSUER, PASSWORD, SECRET, USERNAME } from './target';

export interface MemorySample {
  readonly heap: number;
  readonly rss: number;
}

const library = loadLibrary();
const { Authorized, Body, Get, JsonController, Post } = library.host;
const { Service } = library.typedi;
const securest = library.securest;

/** What the app or the library said that nobody should have to hear of under this load. */
const faults: Record<string, number> = {};

function count(fault: string): void {
  faults[fault] = (faults[fault] ?? 0) + 1;
}

/** Without the numbers, so that equal ones are counted together. */
function textOf(args: readonly unknown[]): string {
  return format(...args)
    .slice(0, 200)
    .replaceAll(/\d+/g, 'N');
}

class Users extends securest.MemoryUserstore {
  constructor() {
    const password = hashSync(PASSWORD, 10);
    super({
      users: [
        { username: USERNAME, password, roles: ['admin'] },
        { username: 'bob', password, roles: [] },
      ],
    });
  }
}

@Service()
class Tokens extends securest.TokenService {
  constructor() {
    super({ secret: SECRET, issuer: ISSUER, audience: AUDIENCE, ttlSeconds: 40_000 });
  }
}

@Service()
class Token extends securest.TokenProvider {
  constructor(tokens: Tokens) {
    super(tokens);
  }
}

class Basic extends securest.PasswordProvider {}

class Key {
  readonly credential = 'x-api-key';
  async authenticate(request: SecurityRequest, userstore: UserstoreInterface) {
    const key = request.header('x-api-key');
    if (key === undefined) return null;
    if (key !== API_KEY) throw new securest.BadCredentialsError();
    return userstore.getUser(USERNAME);
  }
}

@JsonController()
class Api {
  @securest.Public() @Get('/open') open() {
    return BODY;
  }
  @Authorized() @Get('/guarded') guarded() {
    return BODY;
  }
  @Authorized('admin') @Get('/admin') admin() {
    return BODY;
  }
  @Authorized('other') @Get('/other') other() {
    return BODY;
  }
  @Authorized() @Post('/echo') echo(@Body() body: object) {
    return body;
  }
  @Authorized() @Get('/slow') async slow() {
    await sleep(20);
    return BODY;
  }
  @Authorized() @Post('/token') token(@securest.CurrentAuthentication() login: Authentication) {
    return library.typedi.Container.get(Tokens).issue(login);
  }
}

async function start(): Promise<number> {
  const security = securest.createSecurity({
    userstores: [Users],
    providers: [Key, Token, Basic],
    // Hashes take longer when the machine has more to do than this.
    deadlineMs: 30_000,
    logger: {
      info: () => undefined,
      warn: (...args) => count(textOf(args)),
      error: (...args) => count(textOf(args)),
    },
    onEvent: (event) => {
      if (['unavailable', 'degraded', 'misconfigured'].includes(event.type)) count(event.type);
    },
  });
  const app = new library.Koa();
  app.silent = true;
  app.on('error', (error: Error) => count(`Koa: ${error.message}`));
  library.host.useKoaServer(app, security.secure({ controllers: [Api] }));
  return listenKoa(app);
}

async function memory(): Promise<MemorySample> {
  // What finalizers let go of goes with the second collection.
  for (let time = 0; time < 2; time += 1) {
    globalThis.gc?.();
    await sleep(0);
  }
  const { heapUsed, rss } = process.memoryUsage();
  return { heap: heapUsed / 2 ** 20, rss: rss / 2 ** 20 };
}

answerCalls({ start, memory, faults: () => faults });
