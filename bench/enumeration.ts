/**
 * Whether times tell who exists: refused logins of a known, an unknown and an inactive user by turns, of users with
 * older and cheaper hashes, and of those that must wait. Each difference of means comes with Welch's t: beyond 4.5 it is one that a guesser could use.
 * The last rows look up a user and hash nothing where there is none, as hand-written checkers do: what that would
 * show. The client is a process of its own.
 */
import 'reflect-metadata';
import { fork } from 'node:child_process';
import { createHash, pbkdf2Sync } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { compare, hashSync } from 'bcryptjs';
import Koa from 'koa';
import { Authorized, Get, JsonController, useKoaServer } from 'routing-controllers';
import {
  BadCredentialsError,
  createSecurity,
  MemoryUserstore,
  PasswordProvider,
  Passwords,
  type SecurityRequest,
  type UserstoreInterface,
} from '../src';

const COST = 10;
const PASSWORD = 'correct horse';
const HASH = hashSync(PASSWORD, COST);
const SALT = 'saltsalt';
const passwords = new Passwords({ newHashes: { scheme: 'bcrypt', cost: COST } });

/** Hashes from before that cost less than new ones, by the name of who has one. */
const LEGACY: Record<string, string> = {
  'bcrypt, cost 4': hashSync(PASSWORD, 4),
  'bcrypt, cost 9': hashSync(PASSWORD, COST - 1),
  '{SSHA}': `{SSHA}${Buffer.concat([
    createHash('sha1')
      .update(PASSWORD + SALT)
      .digest(),
    Buffer.from(SALT),
  ]).toString('base64')}`,
  'PBKDF2, 10,000': `pbkdf2_sha256$10000$${SALT}$${pbkdf2Sync(PASSWORD, SALT, 10_000, 32, 'sha256').toString('base64')}`,
  'PBKDF2, 100,000': `pbkdf2_sha256$100000$${SALT}$${pbkdf2Sync(PASSWORD, SALT, 100_000, 32, 'sha256').toString('base64')}`,
  $5$: '$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5',
  malformed: 'no hash at all',
};
const FEW = ['known', 'inactive', 'unknown'];
const ALL = [...FEW, ...Object.keys(LEGACY)];

type Samples = Record<string, number[]>;

@JsonController()
class Api {
  @Authorized() @Get('/me') me() {
    return {};
  }
}

class Users extends MemoryUserstore {
  constructor() {
    super({
      users: [
        { username: 'known', password: HASH },
        { username: 'inactive', password: HASH, active: false },
        ...Object.entries(LEGACY).map(([username, password]) => ({ username, password })),
      ],
    });
  }
}

class Unthrottled extends PasswordProvider {
  constructor() {
    super({ throttle: false, passwords });
  }
}

class Throttled extends PasswordProvider {
  constructor() {
    super({ passwords });
  }
}

class HandWritten {
  async authenticate(request: SecurityRequest, userstore: UserstoreInterface) {
    const [, encoded = ''] = request.header('authorization')?.split(' ') ?? [];
    const [name = '', password = ''] = Buffer.from(encoded, 'base64').toString().split(':');
    const user = await userstore.getUser(name);
    if (user?.active === false || !(await compare(password, user?.password ?? ''))) {
      throw new BadCredentialsError();
    }
    return user;
  }
}

const CASES = [
  { title: 'PasswordProvider, 401', provider: Unthrottled, names: ALL, status: 401, samples: 200 },
  { title: 'PasswordProvider, 429', provider: Throttled, names: FEW, status: 429, samples: 1000 },
  { title: 'hand-written, 401', provider: HandWritten, names: FEW, status: 401, samples: 100 },
];

async function main(): Promise<void> {
  console.log('refused logins            compared with known   mean us   difference us        t');
  for (const [index, { title, provider, names }] of CASES.entries()) {
    const samples = await measure(index, provider);
    for (const name of names.slice(1)) {
      const { mean, difference, t } = welch(samples[name] ?? [], samples['known'] ?? []);
      const cells = [
        mean.toFixed(0).padStart(13),
        difference.toFixed(0).padStart(16),
        t.toFixed(1).padStart(9),
      ];
      console.log(`${title.padEnd(26)}${name.padEnd(16)}${cells.join('')}`);
    }
  }
}

async function measure(index: number, provider: new () => object): Promise<Samples> {
  const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const providers = [provider] as (typeof PasswordProvider)[];
  const security = createSecurity({ userstores: [Users], providers, logger: silent });
  const handle = useKoaServer(new Koa(), security.secure({ controllers: [Api] })).callback();
  const server = http.createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const child = fork(__filename, [String(port), String(index)]);
  const samples = await new Promise<Samples>((resolve) =>
    child.once('message', (message) => {
      resolve(message as Samples);
    }),
  );
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  return samples;
}

/** In the client's process: one request at a time, the names by turns. */
async function sample(port: number, { names, status, samples }: (typeof CASES)[number]): Promise<Samples> {
  const agent = new http.Agent({ keepAlive: true });
  const guess = (name: string, count: number) =>
    new Promise<number>((resolve, reject) => {
      const authorization = `Basic ${Buffer.from(`${name}:wrong ${String(count)}`).toString('base64')}`;
      const request = { host: '127.0.0.1', port, path: '/me', headers: { authorization }, agent };
      http
        .get(request, (response) => {
          response.resume().on('end', () => {
            resolve(response.statusCode ?? 0);
          });
        })
        .on('error', reject);
    });
  // Warms up, and has those wait that will have to.
  for (let count = 0; count < 10; count += 1) for (const name of names) await guess(name, count);
  const times: Samples = Object.fromEntries(names.map((name) => [name, []]));
  for (let count = 0; count < samples; count += 1) {
    for (const name of names) {
      const start = process.hrtime.bigint();
      const answer = await guess(name, count);
      times[name]?.push(Number(process.hrtime.bigint() - start) / 1000);
      if (answer !== status) throw new Error(`${name}: ${String(answer)}`);
    }
  }
  agent.destroy();
  return times;
}

/** The mean, the difference of the means and Welch's t, without the slowest twentieth, which is the machine's. */
function welch(left: readonly number[], right: readonly number[]) {
  const [a, b] = [left, right].map((times) => {
    const kept = times.toSorted((x, y) => x - y).slice(0, Math.ceil(times.length * 0.95));
    const mean = kept.reduce((sum, time) => sum + time, 0) / kept.length;
    const variance = kept.reduce((sum, time) => sum + (time - mean) ** 2, 0) / (kept.length - 1);
    return { mean, error: variance / kept.length };
  }) as [{ mean: number; error: number }, { mean: number; error: number }];
  const difference = a.mean - b.mean;
  return { mean: a.mean, difference, t: difference / Math.sqrt(a.error + b.error) };
}

const [, , port, index] = process.argv;
const chosen = CASES[Number(index)];
if (port === undefined || chosen === undefined) void main();
else void sample(Number(port), chosen).then((times) => process.send?.(times));
