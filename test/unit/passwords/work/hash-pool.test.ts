import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import workerThreads from 'node:worker_threads';
import { expect } from 'chai';
import { hashSync } from 'bcryptjs';
import { ServiceUnavailableError } from '../../../../src/errors';
import { HashPool, type HashPoolOptions } from '../../../../src/passwords/work/hash-pool';
import type { Engine } from '../../../../src/passwords/work/engines';
import type { HashTask } from '../../../../src/passwords/work/hash-worker';
import { Passwords } from '../../../../src/passwords/passwords';
import { compiled } from '../../../support/compiled';
import { eventually } from '../../../support/eventually';
import { CrashWatch } from '../../../support/scripted';

const HASH = hashSync('secret', 4);
const CHEAP = { scheme: 'bcrypt', cost: 4 } as const;

describe('HashPool', () => {
  let pool: HashPool;
  let folder: string;
  const open = (options: HashPoolOptions) => (pool = new HashPool(options));
  const scripted = (options: HashPoolOptions = {}) =>
    open({
      filename: join(__dirname, '../../../fixtures/threads/scripted-worker.ts'),
      threads: 1,
      ...options,
    });
  const run = (password: string, signal?: AbortSignal) =>
    pool.run({ kind: 'verify', password, hash: '' }, signal);
  const outcome = (work: Promise<unknown>) =>
    work.then(
      (value) => value,
      (error: unknown) => error,
    );
  /** Holds the thread until it is let go. */
  const hold = () => {
    const file = join(folder, 'go');
    const held = run(`until ${file}`);
    return { held, release: () => writeFileSync(file, '') };
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'securest-'));
  });
  afterEach(async () => {
    await pool.close();
    rmSync(folder, { recursive: true });
  });

  for (const engines of [['bcrypt'], ['bcryptjs'], ['bcrypt', 'bcryptjs']] as Engine[][]) {
    it(`hashes and verifies by ${engines.join(' or ')}`, async () => {
      const hasher = new Passwords({ newHashes: CHEAP, pool: open({ engines, threads: 2 }) });
      const made = await hasher.hash('grüße');
      expect(made).to.match(/^\$2b\$04\$/);
      for (const prefix of ['$2a$', '$2b$', '$2y$']) {
        const stored = made.replace('$2b$', prefix);
        expect(await hasher.verify('grüße', stored), prefix).to.equal(true);
        expect(await hasher.verify('gruse', stored), prefix).to.equal(false);
      }
      expect(await hasher.verify('x'.repeat(73), made)).to.equal(false);
      expect(await hasher.verify('grüße\0grüße', made)).to.equal(false);
    });
  }

  if (process.platform === 'linux') {
    it('lets its threads stand back behind the thread of the app', async () => {
      /** The niceness of each thread of this process; see proc(5). */
      const niceness = () =>
        readdirSync('/proc/self/task').map((thread) => {
          const fields = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8')
            .replace(/^.*\) /s, '')
            .split(' ');
          return { isMain: Number(thread) === process.pid, nice: Number(fields[16]) };
        });
      await new Passwords({ newHashes: CHEAP, pool: open({ threads: 1 }) }).verify('secret', HASH);
      expect(niceness().some(({ nice }) => nice === getPriority() + 5)).to.equal(true);
      expect(niceness().find(({ isMain }) => isMain)?.nice).to.equal(getPriority());
    });
  }

  it('loads nothing of the app in its threads', async () => {
    const [engine, loaded] = [join(folder, 'engine.cjs'), join(folder, 'loaded.json')];
    writeFileSync(
      engine,
      `require('node:fs').writeFileSync(${JSON.stringify(loaded)}, JSON.stringify(Object.keys(require.cache)));
      module.exports = require(${JSON.stringify(require.resolve('bcryptjs'))});`,
    );
    const engines = [engine as Engine];
    const hasher = new Passwords({ newHashes: CHEAP, pool: open({ engines, threads: 1 }) });
    expect(await hasher.verify('secret', HASH)).to.equal(true);
    const files = JSON.parse(readFileSync(loaded, 'utf8')) as string[];
    expect(files.filter((file) => file.includes('hash-worker'))).to.have.length(1);
    expect(files.filter((file) => /node_modules.(?!@swc)/.test(file))).to.deep.equal([]);
  });

  it('takes the next engine where one is not installed, and is unavailable without any', async () => {
    const missing = 'not-installed' as Engine;
    const hasher = new Passwords({ newHashes: CHEAP, pool: open({ engines: [missing, 'bcryptjs'] }) });
    expect(await hasher.verify('secret', HASH)).to.equal(true);
    await pool.close();
    open({ engines: [missing] });
    const error = await outcome(new Passwords({ newHashes: CHEAP, pool }).verify('secret', HASH));
    expect(error).to.be.instanceOf(ServiceUnavailableError);
  });

  it('leaves the event loop free while it computes', async () => {
    scripted();
    const { held, release } = hold();
    // They would never come, were the thread that computes the one that turns.
    for (let turns = 0; turns < 100; turns += 1) await new Promise((resume) => setImmediate(resume));
    release();
    expect(await held).to.equal(1);
  });

  it('refuses with a time to come back when too much is waiting', async () => {
    scripted({ maxQueued: 2 });
    const { held, release } = hold();
    const waiting = [run('a'), run('b')];
    const refused = await outcome(run('c'));
    expect(refused).to.be.instanceOf(ServiceUnavailableError);
    expect((refused as ServiceUnavailableError).retryAfterSeconds).to.equal(5);
    release();
    expect(await Promise.all([held, ...waiting])).to.deep.equal([1, 2, 3]);
    expect(await run('d')).to.equal(4);
  });

  it('drops what waits when its signal aborts, and makes room for others', async () => {
    scripted({ maxQueued: 1 });
    const { held, release } = hold();
    const controller = new AbortController();
    const dropped = outcome(run('a', controller.signal));
    controller.abort();
    expect(await dropped).to.be.instanceOf(ServiceUnavailableError);
    const next = run('b');
    release();
    expect(await Promise.all([held, next])).to.deep.equal([1, 2]);
  });

  it('does not begin for a signal that has aborted, and ends what it has begun', async () => {
    scripted();
    expect(await outcome(run('a', AbortSignal.abort()))).to.be.instanceOf(ServiceUnavailableError);
    const controller = new AbortController();
    const file = join(folder, 'go');
    const [work, next] = [run(`until ${file}`, controller.signal), run('b')];
    await eventually(() => existsSync(`${file}.begun`));
    controller.abort();
    writeFileSync(file, '');
    expect(await Promise.all([work, next])).to.deep.equal([1, 2]);
  });

  it('replaces a thread that ends, and refuses what it had', async () => {
    scripted();
    const [crashed, after] = [outcome(run('crash')), run('a')];
    expect(await crashed).to.be.instanceOf(ServiceUnavailableError);
    expect(await after).to.equal(1);
    expect(await outcome(run('throw'))).to.be.instanceOf(ServiceUnavailableError);
    expect(await run('b')).to.equal(2);
  });

  describe('where a thread cannot start', () => {
    const RIGHT = `
      const { parentPort } = require('node:worker_threads');
      parentPort.on('message', ({ password }) => {
        if (password === 'exit') process.exit(3);
        if (password === 'break') setImmediate(() => { throw new Error('broken later'); });
        else if (password === 'babble') parentPort.postMessage(null);
        else if (password !== 'hang') parentPort.postMessage({ kind: 'answer', result: password });
      });
      parentPort.postMessage({ kind: 'ready' });
    `;
    let watch: CrashWatch;
    let now: number;
    let filename: string;
    const start = (options: HashPoolOptions = {}) =>
      open({ filename, threads: 2, now: () => now, ...options });
    const refused = async (...passwords: string[]) => {
      for (const error of await Promise.all(passwords.map((password) => outcome(run(password))))) {
        expect(error).to.be.instanceOf(ServiceUnavailableError);
      }
    };

    beforeEach(() => {
      watch = new CrashWatch();
      now = 0;
      filename = join(folder, 'worker.cjs');
    });
    afterEach(async () => {
      await pool.close();
      const crashes = await watch.settled();
      watch[Symbol.dispose]();
      expect(crashes).to.deep.equal([]);
    });

    for (const [what, code] of Object.entries({
      'there is no file to run': undefined,
      'its file does not parse': 'this is no code',
      'its file throws': 'throw new Error("broken")',
      'its file throws what is no error': 'throw null',
      'its file rejects': 'Promise.reject(new Error("broken"))',
      'it ends at once': 'process.exit(0)',
      'it ends at once with a code': 'process.exit(9)',
      'it does not wait for tasks': '',
    })) {
      it(`refuses all that waits, rests, and computes again in as many threads, when ${what}`, async () => {
        if (code !== undefined) writeFileSync(filename, code);
        start();
        for (let round = 0; round < 2; round += 1) {
          await refused('a', 'b', 'c', 'd', 'e');
          now += 1000;
        }
        await refused('a');
        writeFileSync(filename, RIGHT);
        now += 999;
        await refused('a');
        now += 1;
        expect(await Promise.all(['a', 'b', 'c'].map((password) => run(password)))).to.deep.equal([
          'a',
          'b',
          'c',
        ]);
        // Both threads are there: one alone could not answer behind a task that has no end.
        const hanging = outcome(run('hang'));
        expect(await run('d')).to.equal('d');
        await pool.close();
        expect(await hanging).to.be.instanceOf(ServiceUnavailableError);
      });
    }

    it('leaves what waits to the threads that there are', async () => {
      writeFileSync(filename, RIGHT);
      start();
      expect(await run('a')).to.equal('a');
      writeFileSync(filename, 'process.exit(1)');
      const [first, second] = [run('b'), run('c')];
      expect(await Promise.all([first, second])).to.deep.equal(['b', 'c']);
    });

    it('ends a thread that does not start in time, or does not answer', async () => {
      writeFileSync(filename, 'for (;;);');
      start({ limitMs: 20 });
      await refused('a', 'b', 'c');
      await pool.close();
      writeFileSync(filename, RIGHT);
      start({ limitMs: 1000, threads: 1 });
      await refused('hang');
      // A busy machine may be too late with its first thread.
      await eventually(async () => {
        now += 1000;
        return (await outcome(run('a'))) === 'a';
      });
    });

    it('refuses the task of a thread that ends, and gives its place to another', async () => {
      writeFileSync(filename, RIGHT);
      start({ threads: 1 });
      for (let round = 0; round < 2; round += 1) {
        await refused('exit');
        expect(await run('a')).to.equal('a');
        await refused('break');
        expect(await run('b')).to.equal('b');
      }
    });

    it('does not take a word that means nothing for an answer', async () => {
      writeFileSync(filename, RIGHT);
      start({ threads: 1 });
      const answer = outcome(run('babble'));
      await pool.close();
      expect(await answer).to.be.instanceOf(ServiceUnavailableError);
    });

    it('refuses what cannot be sent to a thread', async () => {
      writeFileSync(filename, RIGHT);
      start({ threads: 1 });
      const task = { kind: 'hash', password: 'a', settings: () => undefined } as unknown as HashTask;
      expect(await outcome(pool.run(task))).to.be.instanceOf(ServiceUnavailableError);
      expect(await run('a')).to.equal('a');
    });

    it('refuses at the end what is under way, waits or starts, and begins anew for what comes later', async () => {
      writeFileSync(filename, RIGHT);
      start({ threads: 1 });
      const [running, waiting] = [outcome(run('hang')), outcome(run('b'))];
      await pool.close();
      for (const error of [await running, await waiting])
        expect(error).to.be.instanceOf(ServiceUnavailableError);
      expect(await run('c')).to.equal('c');
      const hanging = outcome(run('hang'));
      await pool.close();
      expect(await hanging).to.be.instanceOf(ServiceUnavailableError);
    });

    it('drops what waits for a thread when its signal aborts', async () => {
      writeFileSync(filename, 'for (;;);');
      start({ threads: 1 });
      const controller = new AbortController();
      const waiting = outcome(run('a', controller.signal));
      controller.abort();
      expect(await waiting).to.be.instanceOf(ServiceUnavailableError);
    });

    it('tries no thread while it rests, when the system refuses at once', async () => {
      const { Worker } = workerThreads;
      let tries = 0;
      Object.assign(workerThreads, {
        Worker: function () {
          tries += 1;
          throw new Error('EAGAIN');
        },
      });
      try {
        start();
        await refused('a', 'b', 'c');
        expect(tries).to.equal(1);
        now = 1000;
        await refused('a', 'b');
        expect(tries).to.equal(2);
      } finally {
        Object.assign(workerThreads, { Worker });
      }
      writeFileSync(filename, RIGHT);
      now = 2000;
      expect(await run('a')).to.equal('a');
    });
  });

  describe('where a package cannot be loaded', () => {
    it('is unavailable for as long, and computes in the same thread once it can be', async () => {
      const engine = join(folder, 'engine.cjs');
      for (const code of [undefined, 'throw new Error("no native build")', 'throw null']) {
        if (code !== undefined) writeFileSync(engine, code);
        const hasher = new Passwords({
          newHashes: CHEAP,
          pool: open({ engines: [engine as Engine], threads: 1 }),
        });
        expect(await outcome(hasher.verify('secret', HASH))).to.be.instanceOf(ServiceUnavailableError);
        writeFileSync(engine, `module.exports = require(${JSON.stringify(require.resolve('bcryptjs'))})`);
        expect(await hasher.verify('secret', HASH)).to.equal(true);
        await pool.close();
      }
    });

    it('reads hashes of argon2 again after a second at most', async () => {
      const argon2 = join(folder, 'argon2.cjs');
      let now = 0;
      open({ argon2, threads: 1, now: () => now });
      const hash = '$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc';
      const hasher = new Passwords({ newHashes: CHEAP, pool });
      writeFileSync(argon2, 'throw new Error("no native build")');
      expect(hasher.isReadable(hash)).to.equal(false);
      writeFileSync(argon2, `module.exports = require(${JSON.stringify(require.resolve('argon2'))})`);
      now = 999;
      expect(hasher.isReadable(hash)).to.equal(false);
      now = 1000;
      expect(hasher.isReadable(hash)).to.equal(true);
      expect(await hasher.verify('password', hash)).to.equal(true);
      writeFileSync(argon2, 'throw new Error("no native build")');
      await pool.close();
      expect(await outcome(hasher.verify('password', hash))).to.be.instanceOf(ServiceUnavailableError);
    });
  });

  it('does not keep the process alive, at work or idle', () => {
    pool = new HashPool();
    const script = `
      const { passwords } = require(process.argv[1]);
      passwords.verify('secret', process.argv[2]).then((is) => console.log(is));
    `;
    const args = ['-r', 'reflect-metadata', '-e', script, compiled('src/index.ts'), HASH];
    const { status, stdout } = spawnSync(process.execPath, args, { timeout: 15_000, encoding: 'utf8' });
    expect([status, stdout]).to.deep.equal([0, 'true\n']);
  }).timeout(20_000);
});
