/**
 * What a public route costs while 16 clients log in without a pause: nobody logs in, bcryptjs on the main thread,
 * and the pool with bcryptjs and with the native package. The clients are a process of their own.
 */
import 'reflect-metadata';
import { fork } from 'node:child_process';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { compare, hashSync } from 'bcryptjs';
import Koa from 'koa';
import { Authorized, Get, JsonController, useKoaServer } from 'routing-controllers';
import {
  createSecurity,
  MemoryUserstore,
  type PasswordHasher,
  PasswordProvider,
  Passwords,
  Public,
} from '../src';
import { HashPool } from '../src/passwords/work/hash-pool';

const COST = 10;
const SECONDS = 6;
const CLIENTS = 16;
const PASSWORD = 'correct horse';

interface Result {
  readonly p50: number;
  readonly p99: number;
  readonly logins: number;
  readonly refused: number;
}

@JsonController()
class Api {
  @Public() @Get('/public') open() {
    return { status: 'ok' };
  }
  @Authorized() @Get('/me') me() {
    return { status: 'ok' };
  }
}

async function main(): Promise<void> {
  const pools = (['bcryptjs', 'bcrypt'] as const).map((engine) => new HashPool({ engines: [engine] }));
  const [js, native] = pools.map(
    (pool) => new Passwords({ newHashes: { scheme: 'bcrypt', cost: COST }, pool }),
  );
  const onMainThread: PasswordHasher = {
    hash: () => Promise.reject(new Error()),
    verify: (password, hash) => compare(password, hash),
    isReadable: () => true,
    needsRehash: () => false,
    decoy: () => hashSync('', COST),
  };
  const rows: [string, PasswordHasher | undefined, number][] = [
    ['idle', js, 0],
    ['main thread, bcryptjs', onMainThread, CLIENTS],
    ['pool, bcryptjs', js, CLIENTS],
    ['pool, native bcrypt', native, CLIENTS],
  ];
  console.log('public route while 16 log in   p50 ms   p99 ms   p99 to idle   logins/s   503/s');
  let idle: number | undefined;
  for (const [name, hasher, clients] of rows) {
    if (hasher === undefined) continue;
    const { p50, p99, logins, refused } = await measure(hasher, clients);
    idle ??= p99;
    const numbers = [p50.toFixed(1), p99.toFixed(1), (p99 / idle).toFixed(1)];
    const rates = [(logins / SECONDS).toFixed(1), (refused / SECONDS).toFixed(1)];
    const widths = [7, 9, 14, 11, 8];
    const cells = [...numbers, ...rates].map((text, index) => text.padStart(widths[index] ?? 0));
    console.log(`${name.padEnd(30)}${cells.join('')}`);
  }
  await Promise.all(pools.map((pool) => pool.close()));
}

async function measure(hasher: PasswordHasher, clients: number): Promise<Result> {
  class Users extends MemoryUserstore {
    constructor() {
      super({ users: [{ username: 'ann', password: hashSync(PASSWORD, COST) }] });
    }
  }
  class Password extends PasswordProvider {
    protected override readonly hasher = hasher;
    constructor() {
      super({ credentialCache: false, throttle: false });
    }
  }
  const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const security = createSecurity({ userstores: [Users], providers: [Password], logger: silent });
  const app = useKoaServer(new Koa(), security.secure({ controllers: [Api] }));
  const handle = app.callback();
  const server = http.createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const child = fork(__filename, [String(port), String(clients)]);
  const result = await new Promise<Result>((resolve) =>
    child.once('message', (message) => {
      resolve(message as Result);
    }),
  );
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  return result;
}

/** In the clients' process: logs in over and over, and asks the public route 100 times a second. */
async function load(port: number, clients: number): Promise<void> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 200 });
  const get = (path: string, headers: Record<string, string> = {}) =>
    new Promise<number>((resolve, reject) => {
      http
        .get({ host: '127.0.0.1', port, path, headers, agent }, (response) => {
          response.resume().on('end', () => {
            resolve(response.statusCode ?? 0);
          });
        })
        .on('error', reject);
    });
  const end = performance.now() + SECONDS * 1000;
  const authorization = `Basic ${Buffer.from(`ann:${PASSWORD}`).toString('base64')}`;
  let logins = 0;
  let refused = 0;
  const login = async () => {
    while (performance.now() < end) {
      if ((await get('/me', { authorization })) === 200) logins += 1;
      else refused += 1;
    }
  };
  const times: number[] = [];
  const probe = async () => {
    const asked: Promise<void>[] = [];
    while (performance.now() < end) {
      const start = performance.now();
      asked.push(
        get('/public').then(() => {
          times.push(performance.now() - start);
        }),
      );
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await Promise.all(asked);
  };
  await Promise.all([probe(), ...Array.from({ length: clients }, login)]);
  const sorted = times.toSorted((a, b) => a - b);
  const at = (part: number) => sorted[Math.floor(sorted.length * part)] ?? Number.NaN;
  process.send?.({ p50: at(0.5), p99: at(0.99), logins, refused } satisfies Result);
  agent.destroy();
}

const [, , port, clients] = process.argv;
void (port === undefined ? main() : load(Number(port), Number(clients)));
