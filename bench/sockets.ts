/**
 * What the login of an open socket costs at rest: memory and timers, beside the same sockets without a login.
 *
 *     npm run bench:sockets
 */
import 'reflect-metadata';
import http from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Duplex } from 'node:stream';
import { createSecurity, TokenProvider, TokenService, Authentication, MemoryUserstore } from 'securest';
import { type SocketLogin, upgradeGuard } from 'securest/socket';

const SOCKETS = 2000;

class Users extends MemoryUserstore {
  constructor() {
    super({ users: Array.from({ length: SOCKETS }, (_, n) => ({ username: `user${String(n)}` })) });
  }
}
const tokens = new TokenService({ secret: 'x'.repeat(32), issuer: 'bench', audience: 'bench' });
class Token extends TokenProvider {
  constructor() {
    super(tokens);
  }
}

function heap(): number {
  for (let round = 0; round < 4; round += 1) globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

/** Requests as a server gets them; what they held of their connections is not counted. */
async function requests(): Promise<http.IncomingMessage[]> {
  const server = http.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const all: http.IncomingMessage[] = [];
  server.on('request', (request: http.IncomingMessage, response: http.ServerResponse) => {
    all.push(request);
    response.end();
  });
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const users = new Users();
  for (let n = 0; n < SOCKETS; n += 1) {
    const user = users.getUser(`user${String(n)}`);
    if (user === null) throw new Error('A user is missing');
    const { token } = tokens.issue(new Authentication(user));
    const client = http.get({
      port,
      host: '127.0.0.1',
      agent,
      headers: { authorization: `Bearer ${token}` },
    });
    const [response] = (await once(client, 'response')) as [http.IncomingMessage];
    response.resume();
    await once(response, 'end');
  }
  agent.destroy();
  server.closeAllConnections();
  server.close();
  return all;
}

async function main(): Promise<void> {
  const security = createSecurity({ userstores: [Users], providers: [Token], logger: console });
  const guard = upgradeGuard(security);
  const all = await requests();
  const socket = (): Duplex => new Duplex({ read: () => undefined, write: () => undefined });
  // The first ones compile the code, and fill what is remembered of tokens.
  for (const request of all) await security.authenticate(request);
  const sockets = all.map(socket);
  const before = heap();
  const logins: (SocketLogin | undefined)[] = [];
  for (const [at, request] of all.entries()) logins.push(await guard(request, sockets[at] ?? socket()));
  const perSocket = (heap() - before) / SOCKETS;
  const open = logins.filter((login) => login !== undefined).length;
  const request = all.length;
  for (const each of sockets) each.destroy();
  await new Promise((resume) => setTimeout(resume, 100));
  logins.length = 0;
  const afterClose = (heap() - before) / SOCKETS;
  console.log(`sockets ${String(open)} of ${String(request)}`);
  console.log(
    `login of a socket at rest: ${perSocket.toFixed(0)} bytes, after its end ${afterClose.toFixed(0)}`,
  );
  const held = heap();
  all.length = 0;
  console.log(`the request that it keeps: ${((held - heap()) / SOCKETS).toFixed(0)} bytes`);
  await security.close();
}

void main();
