import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import type { Settings } from './settings';
import type { Demo } from './setup';

/** Runs the app on HOST and PORT until it is told to end. */
export async function serve<S extends Settings>(
  createApp: (settings: S) => RequestListener,
  setup: (folder: string) => Promise<Demo<S>>,
): Promise<void> {
  const host = process.env['HOST'] ?? '127.0.0.1';
  const port = process.env['PORT'] ?? '3000';
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) {
    fail(`PORT is no port number: ${port}`);
    return;
  }

  const folder = process.env['NOTES_DATA'] ?? join(__dirname, 'data');
  const demo = await setup(folder).catch((error: unknown) => {
    fail(`The app cannot start: ${reasonOf(error)}`);
  });
  if (demo === undefined) return;
  const server = createServer(createApp(demo.settings));
  server.once('error', (error: NodeJS.ErrnoException) => {
    const taken = error.code === 'EADDRINUSE';
    fail(taken ? `Port ${port} on ${host} is in use: set PORT to another` : error.message);
  });
  server.listen(Number(port), host, () => console.log(welcome(server.address() as AddressInfo, demo)));

  // Running requests are answered; after that nothing keeps the process alive.
  const end = () => server.close();
  process.once('SIGINT', end).once('SIGTERM', end);
}

/** The reason of a start that failed: an outage of the database has it in the cause, or only as a code. */
function reasonOf(error: unknown): string {
  const { message, code, cause } = error as NodeJS.ErrnoException;
  return cause === undefined ? message || String(code) : reasonOf(cause);
}

function fail(message: string): void {
  console.error(message);
  process.exitCode = 1;
}

function welcome({ address, family, port }: AddressInfo, { settings, logins, firstStart }: Demo): string {
  const url = `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
  const login = `curl -s -u admin:${logins.admin} -X POST ${url}/token`;
  const token = `$(${login} | node -p 'JSON.parse(fs.readFileSync(0)).token')`;
  const made = Object.entries(logins).map(([user, password]) => `  ${user.padEnd(8)}${password}`);
  return [
    `Notes at ${url}`,
    ...(firstStart ? ['', 'Made for this first start (former is inactive):', ...made] : []),
    `Passwords are in ${resolve(settings.folder, 'secrets.json')}`,
    '',
    `curl ${url}/health`,
    `curl -u admin:${logins.admin} ${url}/me`,
    `curl -H "Authorization: Bearer ${token}" ${url}/notes`,
    '',
  ].join('\n');
}
