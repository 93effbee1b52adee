/** The issuer that the documentation prints for a first try runs as it is printed, but for its port. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { Authorized, Get, JsonController } from 'routing-controllers';
import { scope, type User } from '../../src';
import { type AccessToken, AccessTokenProvider } from '../../src/oidc';
import { DRIVERS } from '../support/drivers';
import { eventually } from '../support/eventually';
import { reset } from '../support/reset';
import { startApi } from '../support/scripted';

const ROOT = join(__dirname, '../..');
const PAGE = readFileSync(join(ROOT, 'docs/issuers.md'), 'utf8');

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

describe('The issuer of docs/issuers.md', () => {
  let running: ChildProcess;
  let issuer: string;
  let token: string;

  before(async () => {
    const port = String(await freePort());
    issuer = `http://127.0.0.1:${port}`;
    const printed = /^```js\n(.*?)^```$/ms.exec(PAGE)![1]!;
    // By its text a module is resolved from the working directory.
    running = spawn(process.execPath, ['--input-type=module', '-e', printed.replaceAll('3001', port)], {
      cwd: ROOT,
      stdio: 'ignore',
    });
    await eventually(async () => {
      if (running.exitCode !== null) throw new Error('The issuer ended');
      return fetch(`${issuer}/jwks`).then(
        ({ ok }) => ok,
        () => false,
      );
    });
    const [, user = ''] = /curl -s -u '([^']+)'/.exec(PAGE)!;
    const form = [...PAGE.matchAll(/ -d (\S+=\S+)/g)].map(([, pair = '']) => pair.split('='));
    const reply = await fetch(`${issuer}/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(user).toString('base64')}` },
      body: new URLSearchParams(form as [string, string][]),
    });
    token = String(((await reply.json()) as { access_token?: unknown }).access_token);
  });
  after(() => running.kill('SIGKILL'));
  beforeEach(reset);

  for (const driver of DRIVERS) {
    it(`gives a client a token for the app beside it, on ${driver.name}`, async () => {
      class Local extends AccessTokenProvider {
        constructor() {
          super({ issuer, audience: 'https://notes.example', type: 'at+jwt', users: 'claims' });
        }
        override findClient({ clientId }: AccessToken): User | null {
          return clientId === 'nightly-report' ? { username: 'client:nightly-report' } : null;
        }
      }
      @JsonController()
      class Notes {
        @Authorized(scope('notes:read')) @Get('/notes') list() {
          return [];
        }
        @Authorized(scope('notes:write')) @Get('/write') write() {
          return [];
        }
      }
      await using api = await startApi(driver, {
        host: { controllers: [Notes] },
        security: { providers: [Local], userstores: [] },
      });
      const headers = { authorization: `Bearer ${token}` };
      expect((await api.get('/notes', headers)).status).to.equal(200);
      expect((await api.get('/write', headers)).status).to.equal(403);
      expect((await api.get('/notes')).status).to.equal(401);
    });
  }
});
