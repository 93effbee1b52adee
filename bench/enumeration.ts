/**
 * Whether times tell who exists: refused logins of a known, an unknown and an inactive user by turns, and of those
 * that must wait. Each difference of means comes with Welch's t: beyond 4.5 it is one that a guesser could use.
 * The last rows look up a user and hash nothing where there is none, as hand-written checkers do: what that would
 * show. The client is a process of its own.
 */
import 'reflect-metadata';
import { fork } from 'node:child_process';
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
  type SecurityRequest,
  type UserstoreInterface,
} from '../src';

const COST = 8;
const HASH = hashSync('correct horse', COST);
const NAMES = ['known', 'inactive', 'unknown'] as const;

type Name = (typeof NAMES)[number];
type Samples = Record<Name, number[]>;

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
      ],
    });
  }
}

class Unthrottled extends PasswordProvider {
  constructor() {
    super({ throttle: false });
  }
}

class Throttled extends PasswordProvider {}

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
  { title: 'PasswordProvider, 401', provider: Unthrottled, status: 401, samples: 400 },
  { title: 'PasswordProvider, 429', provider: Throttled, status: 429, samples: 1000 },
  { title: 'hand-written, 401', provider: HandWritten, status: 401, samples: 100 },
];

async function main(): Promise<void> {
  console.log('refused logins            compared with known   difference us        t');
  for (const [index, { title, provider }] of CASES.entries()) {
    const samples = await measure(index, provider);
    for (const name of ['inactive', 'unknown'] as const) {
      const { difference, t } = welch(samples[name], samples.known);
      const cells = [difference.toFixed(0).padStart(20), t.toFixed(1).padStart(9)];
      console.log(`${title.padEnd(26)}${name.padEnd(15)}${cells.join('')}`);
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
async function sample(port: number, { status, samples }: (typeof CASES)[number]): Promise<Samples> {
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
  for (let count = 0; count < 10; count += 1) for (const name of NAMES) await guess(name, count);
  const times: Samples = { known: [], inactive: [], unknown: [] };
  for (let count = 0; count < samples; count += 1) {
    for (const name of NAMES) {
      const start = process.hrtime.bigint();
      const answer = await guess(name, count);
      times[name].push(Number(process.hrtime.bigint() - start) / 1000);
      if (answer !== status) throw new Error(`${name}: ${String(answer)}`);
    }
  }
  agent.destroy();
  return times;
}

/** The difference of the means and Welch's t, without the slowest twentieth, which is the machine's. */
function welch(left: readonly number[], right: readonly number[]): { difference: number; t: number } {
  const [a, b] = [left, right].map((times) => {
    const kept = times.toSorted((x, y) => x - y).slice(0, Math.ceil(times.length * 0.95));
    const mean = kept.reduce((sum, time) => sum + time, 0) / kept.length;
    const variance = kept.reduce((sum, time) => sum + (time - mean) ** 2, 0) / (kept.length - 1);
    return { mean, error: variance / kept.length };
  }) as [{ mean: number; error: number }, { mean: number; error: number }];
  const difference = a.mean - b.mean;
  return { difference, t: difference / Math.sqrt(a.error + b.error) };
}

const [, , port, index] = process.argv;
const chosen = CASES[Number(index)];
if (port === undefined || chosen === undefined) void main();
else void sample(Number(port), chosen).then((times) => process.send?.(times));
