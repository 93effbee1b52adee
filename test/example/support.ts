import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve, sep } from 'node:path';
import { resetRegistry } from '../../src/components/registry';

const EXAMPLES = resolve(__dirname, '../../example');

/**
 * Loads a module of the examples as a process of its own would: its classes are new, and no class that
 * another test decorated is known beside them.
 */
export function loadExample(path: string): unknown {
  for (const file of Object.keys(require.cache)) {
    if (file.startsWith(EXAMPLES + sep)) Reflect.deleteProperty(require.cache, file);
  }
  resetRegistry();
  return loadedExample(path);
}

/** The module as the last {@link loadExample} has it. */
export function loadedExample(path: string): unknown {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- import() would not load it anew
  return require(resolve(EXAMPLES, path));
}

export interface RunningApp {
  url: string;
  close(): Promise<void>;
}

/** Serves an app on a free port. */
export async function listen(app: RequestListener): Promise<RunningApp> {
  const server = createServer(app);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

/** Keeps what an app logs at start, or expects to log, out of the test report. */
export function mute(...levels: ('info' | 'warn' | 'error')[]): void {
  const originals = { info: console.info, warn: console.warn, error: console.error };
  before(() => {
    for (const level of levels) console[level] = () => {};
  });
  after(() => {
    Object.assign(console, originals);
  });
}

/** The header of Basic credentials. */
export function basic(username: string, password: string): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
}
