/**
 *   npm run start:web
 *
 * starts the notes and the company's provider on this machine. The app listens on PORT, by default 3000, and the
 * provider on ISSUER_PORT, by default 3001. Open the address that it prints: passkeys need the name localhost.
 */
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import type Koa from 'koa';
import { createKoaServer } from 'routing-controllers';
import type { SecurityOptions } from 'securest';
import type { Logins } from '../notes/secrets';
import { setup } from '../notes-sql/setup';
import { webOptions } from './app';
import { ALICE, createProvider } from './provider';
import { readWebSecrets, WebSettings } from './settings';

export interface Running {
  readonly settings: WebSettings;
  readonly logins: Logins;
  /** Alice's password at the provider. */
  readonly password: string;
  readonly close: () => void;
}

export type CreateApp = (settings: WebSettings) => RequestListener;

export function createKoaApp(settings: WebSettings, more?: SecurityOptions): RequestListener {
  const app: Koa = createKoaServer(webOptions(settings, more));
  const handle = app.callback();
  return (request, response) => void handle(request, response);
}

export async function start(
  folder: string,
  port: number,
  issuerPort: number,
  createApp: CreateApp = createKoaApp,
): Promise<Running> {
  const [provider, server] = [createServer(), createServer()];
  const close = (): void => {
    for (const each of [server, provider]) {
      each.close();
      each.closeAllConnections();
    }
  };
  try {
    const {
      settings: { database },
      logins,
    } = await setup(folder);
    const secrets = await readWebSecrets(folder);
    // Both servers need the URLs before they can answer.
    const issuer = `http://127.0.0.1:${await listen(provider, issuerPort)}`;
    const url = `http://localhost:${await listen(server, port)}`;
    const settings = new WebSettings(database, url, issuer, secrets);
    const { handle, password } = await createProvider(settings);
    provider.on('request', handle);
    server.on('request', createApp(settings));
    return { settings, logins, password, close };
  } catch (error) {
    close();
    throw error;
  }
}

async function listen(server: Server, port: number): Promise<string> {
  server.listen(port, 'localhost');
  await once(server, 'listening');
  return String((server.address() as AddressInfo).port);
}

async function main(): Promise<void> {
  const folder = process.env['NOTES_DATA'] ?? join(__dirname, 'data');
  const port = (name: string, otherwise: number) => Number(process.env[name] ?? otherwise);
  const isAny = process.env['PORT'] === '0';
  const { close, logins, password, settings } = await start(
    folder,
    port('PORT', 3000),
    port('ISSUER_PORT', isAny ? 0 : 3001),
  );
  const { url, issuer } = settings;
  const jar = resolve(folder, 'cookies.txt');
  console.log(`Notes at ${url}
Provider at ${issuer}, with
  ${ALICE.name.padEnd(8)}${password}

Logins of the app (former is inactive):
${Object.entries(logins)
  .map(([user, secret]) => `  ${user.padEnd(8)}${secret}`)
  .join('\n')}

curl -i -H 'Accept: text/html' ${url}/
curl -i -c ${jar} -H 'Origin: ${url}' -d username=editor --data-urlencode password=${logins.editor} ${url}/session
curl -b ${jar} ${url}/session
`);
  process.once('SIGINT', close).once('SIGTERM', close);
}

if (require.main === module) {
  main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  });
}
