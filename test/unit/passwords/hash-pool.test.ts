import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import workerThreads from 'node:worker_threads';
import { expect } from 'chai';
import { hashSync } from 'bcryptjs';
import { ServiceUnavailableError } from '../../../src/errors';
import { HashPool, type HashPoolOptions } from '../../../src/passwords/hash-pool';
import type { Engine } from '../../../src/passwords/engines';
import { Passwords } from '../../../src/passwords/passwords';
import { eventually } from '../../support/eventually';

const HASH = hashSync('secret', 4);
const CHEAP = { scheme: 'bcrypt', cost: 4 } as const;

describe('HashPool', () => {
  let pool: HashPool;
  let folder: string;
  const open = (options: HashPoolOptions) => (pool = new HashPool(options));
  const scripted = (options: HashPoolOptions = {}) =>
    open({ filename: join(__dirname, '../../fixtures/threads/scripted-worker.ts'), threads: 1, ...options });
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
    const hasher = new Passwords({ newHashes: CHEAP, pool: open({ threads: 1 }) });
    await hasher.verify('warm', HASH);
    let turns = 0;
    let isDone = false;
    const turn = () => {
      turns += 1;
      if (!isDone) setImmediate(turn);
    };
    turn();
    await hasher.verify('secret', hashSync('secret', 4).replace('$04$', '$10$'));
    isDone = true;
    expect(turns).to.be.greaterThan(20);
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
    const work = run('b', controller.signal);
    controller.abort();
    expect(await work).to.equal(1);
  });

  it('replaces a thread that ends, and refuses what it had', async () => {
    scripted();
    const [crashed, after] = [outcome(run('crash')), run('a')];
    expect(await crashed).to.be.instanceOf(ServiceUnavailableError);
    expect(await after).to.equal(1);
    expect(await outcome(run('throw'))).to.be.instanceOf(ServiceUnavailableError);
    expect(await run('b')).to.equal(2);
  });

  it('refuses while no thread can be started, and computes once one can', async () => {
    const { Worker } = workerThreads;
    let tries = 0;
    // Where the system has no thread left, the constructor throws.
    Object.assign(workerThreads, {
      Worker: function () {
        tries += 1;
        throw new Error('EAGAIN');
      },
    });
    try {
      scripted();
      for (const password of ['a', 'b', 'c']) {
        expect(await outcome(run(password))).to.be.instanceOf(ServiceUnavailableError);
      }
      // Each costs memory, and a refusal that is not counted as a try costs the client nothing.
      expect(tries).to.be.lessThan(3);
    } finally {
      Object.assign(workerThreads, { Worker });
    }
    await eventually(async () => (await outcome(run('d'))) === 1);
    expect(await run('e')).to.equal(2);
  });

  it('does not keep the process alive, at work or idle', () => {
    pool = new HashPool();
    const script = `
      const { passwords } = require('./src');
      passwords.verify('secret', process.argv[1]).then((is) => console.log(is));
    `;
    const args = ['-r', '@swc-node/register', '-r', 'reflect-metadata', '-e', script, HASH];
    const { status, stdout } = spawnSync(process.execPath, args, { timeout: 15_000, encoding: 'utf8' });
    expect([status, stdout]).to.deep.equal([0, 'true\n']);
  }).timeout(20_000);
});
