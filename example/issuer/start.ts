/**
 *   npm run start:issuer
 *
 * starts the issuer and the notes on loopback, logs alice in, and prints curl lines with tokens of the issuer. The app
 * listens on PORT, by default 3000, and the issuer on ISSUER_PORT, by default 3001.
 */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type Koa from 'koa';
import { createKoaServer } from 'routing-controllers';
import { notesOptions } from './app';
import { Browser, machineToken } from './client';
import { createIssuer, type Issuer, SCOPES } from './issuer';
import { Settings } from './settings';

export interface Running {
  readonly issuer: Issuer;
  readonly settings: Settings;
  readonly close: () => void;
}

export async function start(port: number, issuerPort: number): Promise<Running> {
  const [issuerServer, server] = [createServer(), createServer()];
  const close = (): void => {
    for (const each of [server, issuerServer]) {
      each.close();
      each.closeIdleConnections();
    }
  };
  try {
    // Both servers need the URLs before they can answer.
    const settings = new Settings(await listen(issuerServer, issuerPort), await listen(server, port));
    const issuer = await createIssuer(settings.issuer, settings.url);
    issuerServer.on('request', issuer.handle);
    const app: Koa = createKoaServer(notesOptions(settings));
    const handle = app.callback();
    server.on('request', (request, response) => void handle(request, response));
    return { issuer, settings, close };
  } catch (error) {
    close();
    throw error;
  }
}

async function listen(server: Server, port: number): Promise<string> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Lines to paste, with tokens that the issuer has given to a browser and to a machine. */
export async function curlLines({ issuer, settings }: Running): Promise<string[]> {
  const { url } = settings;
  const password = issuer.accounts.get('alice')?.password ?? '';
  const browser = new Browser(settings, { name: 'alice', password });
  const reads = await browser.accessToken('notes:read');
  const writes = await browser.accessToken(SCOPES);
  const machine = await machineToken(settings, issuer.machine, 'notes:read');
  const note = `-X POST -H 'Content-Type: application/json' -d '{"text":"Lunch is at noon"}'`;
  const as = (token: string): string => `-H 'Authorization: Bearer ${token}'`;
  return [
    '# without a token: 401, and where to get one',
    `curl -i ${url}/notes`,
    `curl ${url}/.well-known/oauth-protected-resource`,
    '# alice, with a token to read and one to write',
    `curl ${as(reads)} ${url}/me`,
    `curl -i ${as(reads)} ${note} ${url}/notes`,
    `curl ${as(writes)} ${note} ${url}/notes`,
    '# a machine',
    `curl ${as(machine)} ${url}/notes`,
    '# alice again: 204 within a minute of her login, then 401 until she logs in again',
    `curl -i ${as(writes)} -X DELETE ${url}/notes`,
    '# which she does here',
    `curl -i -H "Authorization: Bearer $(${logIn(settings, password)})" -X DELETE ${url}/notes`,
  ];
}

/** The command line of log-in.ts, which works in any folder. */
function logIn({ issuer, url }: Settings, password: string): string {
  const node = `node -r ${require.resolve('@swc-node/register')} ${join(__dirname, 'log-in.ts')}`;
  return `${node} ${issuer} ${url} alice ${password} '${SCOPES}'`;
}

async function main(): Promise<void> {
  const running = await start(
    Number(process.env['PORT'] ?? 3000),
    Number(process.env['ISSUER_PORT'] ?? 3001),
  );
  const accounts = [...running.issuer.accounts].map(
    ([name, { password }]) => `  ${name.padEnd(8)}${password}`,
  );
  const { url, issuer } = running.settings;
  console.log([`Notes at ${url}`, `Issuer at ${issuer}, with`, ...accounts, ''].join('\n'));
  console.log([...(await curlLines(running)), ''].join('\n'));
  process.once('SIGINT', running.close).once('SIGTERM', running.close);
}

if (require.main === module) {
  main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  });
}
