import { expect } from 'chai';
import { hashSync } from 'bcryptjs';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryUserstore, PasswordProvider, Passwords } from '../../src';
import { HashPool } from '../../src/passwords/work/hash-pool';
import { compiled } from '../support/compiled';
import { basic, DRIVERS } from '../support/drivers';
import { eventually } from '../support/eventually';
import { CheapPasswordProvider, hasherWith } from '../support/hashers';
import { reset } from '../support/reset';
import { BODIES, CrashWatch, startApi } from '../support/scripted';

const CHEAP = { scheme: 'bcrypt', cost: 4 } as const;
const SCRIPTED = join(__dirname, '../fixtures/threads/scripted-worker.ts');
/** A thread for which every password is right. */
const RIGHT = `
  const { parentPort } = require('node:worker_threads');
  parentPort.on('message', () => parentPort.postMessage({ kind: 'answer', result: true }));
  parentPort.postMessage({ kind: 'ready' });
`;

class Users extends MemoryUserstore {
  constructor() {
    super({ users: [{ username: 'ann', password: hashSync('secret', 4) }] });
  }
}

for (const driver of DRIVERS) {
  describe(`Password logins under load on ${driver.name}`, () => {
    let folder: string;

    beforeEach(() => {
      reset();
      folder = mkdtempSync(join(tmpdir(), 'securest-'));
    });
    afterEach(() => rmSync(folder, { recursive: true }));

    it('answers 503 with Retry-After when too much waits, and other requests as before', async () => {
      const pool = new HashPool({ threads: 1, maxQueued: 2, filename: SCRIPTED });
      class Password extends PasswordProvider {
        constructor() {
          super({ passwords: new Passwords({ newHashes: CHEAP, pool }), throttle: false });
        }
      }
      await using api = await startApi(driver, { security: { userstores: [Users], providers: [Password] } });
      const go = join(folder, 'go');
      // The one thread waits for the file, two logins wait for the thread, and the fourth is one too many.
      const logins = ['a', 'b', 'c', 'd'].map((name) => api.get('/guarded', basic(name, `until ${go}`)));
      const full = await Promise.race(logins);
      expect(full.status).to.equal(503);
      expect(full.json()).to.deep.equal(BODIES.unavailable);
      expect(full.headers['retry-after']).to.equal('5');
      expect(full.challenges).to.deep.equal([]);
      expect((await api.get('/open')).status).to.equal(200);
      writeFileSync(go, '');
      const statuses = (await Promise.all(logins)).map(({ status }) => status);
      expect(statuses.sort()).to.deep.equal([401, 401, 401, 503]);
      await pool.close();
    });

    it('answers 503 while no thread can start, and logs in again once one can', async () => {
      const filename = join(folder, 'worker.cjs');
      let now = 0;
      const pool = new HashPool({ threads: 2, filename, now: () => now });
      class Password extends PasswordProvider {
        constructor() {
          super({ passwords: new Passwords({ newHashes: CHEAP, pool }), throttle: false });
        }
      }
      using watch = new CrashWatch();
      await using api = await startApi(driver, { security: { userstores: [Users], providers: [Password] } });
      const login = () => api.get('/guarded', basic('ann', 'secret'));
      for (const code of [undefined, 'throw new Error("broken")', 'process.exit(0)', 'process.exit(1)']) {
        if (code !== undefined) writeFileSync(filename, code);
        const replies = await Promise.all([login(), login(), api.get('/guarded', basic('eve', 'x'))]);
        for (const reply of replies) {
          expect(reply.status, code).to.equal(503);
          expect(reply.json()).to.deep.equal(BODIES.unavailable);
          expect(reply.headers).to.have.property('retry-after');
        }
        expect((await api.get('/open')).status).to.equal(200);
        now += 1000;
      }
      writeFileSync(filename, RIGHT);
      expect((await login()).status).to.equal(200);
      expect(await watch.settled()).to.deep.equal([]);
      await pool.close();
    });

    it('survives a process that has no file left to open, and logs in again when it has', async function () {
      if (process.platform === 'win32') this.skip();
      const fixture = compiled('test/fixtures/threads/out-of-files.ts');
      const limited = `ulimit -n 96; exec "$0" -r reflect-metadata "$@"`;
      const child = spawn('sh', ['-c', limited, process.execPath, fixture, driver.name], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let ended: unknown;
      child.on('exit', (code, signal) => (ended = code ?? signal));
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
      try {
        const url = await new Promise<string>((resolve, reject) => {
          child.stdout.once('data', (chunk: Buffer) => {
            resolve(chunk.toString().trim());
          });
          child.once('exit', () => {
            reject(new Error('The app did not start'));
          });
        });
        const ask = (path: string, headers = {}) =>
          new Promise<number | undefined>((resolve, reject) => {
            const request = http.get(url + path, { agent, headers }, (response) => {
              response.resume().on('end', () => {
                resolve(response.statusCode);
              });
            });
            request.on('error', reject);
          });
        expect(await ask('/guarded')).to.equal(401);
        expect(await ask('/exhaust')).to.equal(200);
        for (let count = 0; count < 3; count += 1) {
          expect(await ask('/guarded', basic('ann', 'secret'))).to.equal(503);
        }
        expect(await ask('/release')).to.equal(200);
        await eventually(async () => (await ask('/guarded', basic('ann', 'secret'))) === 200);
        expect(ended).to.equal(undefined);
      } finally {
        agent.destroy();
        child.kill();
      }
    });

    it('tells the provider when the client has gone', async () => {
      const signals: AbortSignal[] = [];
      const hasher = hasherWith({
        verify: (_password, _hash, signal) =>
          new Promise((resolve) => {
            if (signal === undefined) return;
            signals.push(signal);
            signal.addEventListener('abort', () => {
              resolve(false);
            });
          }),
      });
      class Password extends CheapPasswordProvider {
        protected override readonly hasher = hasher;
      }
      await using api = await startApi(driver, { security: { userstores: [Users], providers: [Password] } });
      const request = http.get(`${api.server.url}/guarded`, { headers: basic('ann', 'secret') });
      request.on('error', () => undefined);
      await eventually(() => signals.length === 1);
      expect(signals[0]?.aborted).to.equal(false);
      request.destroy();
      await eventually(() => signals[0]?.aborted === true);
    });

    it('aborts nothing while the client waits', async () => {
      const aborted: boolean[] = [];
      class Password extends CheapPasswordProvider {
        override async authenticate(...[request, store]: Parameters<PasswordProvider['authenticate']>) {
          const { signal } = request;
          const login = await super.authenticate(request, store);
          aborted.push(signal.aborted);
          return login;
        }
      }
      await using api = await startApi(driver, { security: { userstores: [Users], providers: [Password] } });
      expect((await api.get('/guarded', basic('ann', 'secret'))).status).to.equal(200);
      expect(aborted).to.deep.equal([false]);
    });
  });
}
