/**
 * Requests with the same Basic credentials over and over, beside the same action on a public route: what the
 * credential cache makes of them. One action does next to nothing, the other gives a list of twenty notes. The clients
 * are a process of their own.
 */
import 'reflect-metadata';
import { fork } from 'node:child_process';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { hashSync } from 'bcryptjs';
import Koa from 'koa';
import { Authorized, Get, JsonController, useKoaServer } from 'routing-controllers';
import { createSecurity, MemoryUserstore, PasswordProvider, Public } from '../src';

const ROUNDS = 6;
const SECONDS = 2;
const CLIENTS = 32;
const PASSWORD = 'correct horse';

const ACTIONS = ['status', 'notes'] as const;
const NOTES = Array.from({ length: 20 }, (_, id) => ({
  id,
  owner: 'ann',
  title: `Note ${String(id)}`,
  tags: ['one', 'two'],
  isDone: id % 2 === 0,
}));

@JsonController('/public')
@Public()
class Open {
  @Get('/status') status() {
    return { status: 'ok' };
  }
  @Get('/notes') notes() {
    return NOTES;
  }
}

@JsonController('/guarded')
@Authorized()
class Guarded {
  @Get('/status') status() {
    return { status: 'ok' };
  }
  @Get('/notes') notes() {
    return NOTES;
  }
}

async function main(): Promise<void> {
  class Users extends MemoryUserstore {
    constructor() {
      super({ users: [{ username: 'ann', password: hashSync(PASSWORD, 12) }] });
    }
  }
  class Password extends PasswordProvider {}
  const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const security = createSecurity({ userstores: [Users], providers: [Password], logger: silent });
  const handle = useKoaServer(new Koa(), security.secure({ controllers: [Open, Guarded] })).callback();
  const server = http.createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const child = fork(__filename, [String(port)]);
  child.on('message', (line) => {
    console.log(line);
  });
  await new Promise((resolve) => child.once('exit', resolve));
  server.closeAllConnections();
  server.close();
}

/** In the clients' process: the two routes by turns, so that both see the same machine. */
async function load(port: number): Promise<void> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: CLIENTS });
  const authorization = `Basic ${Buffer.from(`ann:${PASSWORD}`).toString('base64')}`;
  const get = (path: string, headers: Record<string, string>) =>
    new Promise<void>((resolve, reject) => {
      http
        .get({ host: '127.0.0.1', port, path, headers, agent }, (response) => {
          if (response.statusCode !== 200) reject(new Error(`${path}: ${String(response.statusCode)}`));
          response.resume().on('end', resolve);
        })
        .on('error', reject);
    });
  const perSecond = async (path: string, headers: Record<string, string>) => {
    const end = performance.now() + SECONDS * 1000;
    let count = 0;
    const client = async () => {
      while (performance.now() < end) {
        await get(path, headers);
        count += 1;
      }
    };
    await Promise.all(Array.from({ length: CLIENTS }, client));
    return count / SECONDS;
  };
  await get('/guarded/status', { authorization });
  for (const action of ACTIONS) {
    const ratios: number[] = [];
    for (let round = 0; round <= ROUNDS; round += 1) {
      const open = await perSecond(`/public/${action}`, {});
      const basic = await perSecond(`/guarded/${action}`, { authorization });
      // The first round warms up.
      if (round === 0) continue;
      ratios.push(basic / open);
      const numbers = `public ${open.toFixed(0)}/s   Basic ${basic.toFixed(0)}/s`;
      process.send?.(`${action.padEnd(8)}${numbers}   ratio ${(basic / open).toFixed(2)}`);
    }
    const median = ratios.toSorted((one, other) => one - other)[Math.floor(ratios.length / 2)] ?? Number.NaN;
    process.send?.(`${action.padEnd(8)}median ratio ${median.toFixed(2)}`);
  }
  agent.destroy();
}

const [, , port] = process.argv;
void (port === undefined ? main() : load(Number(port)));
