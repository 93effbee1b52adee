/** A PostgreSQL of the tests' own, on a Unix socket and a loopback port, in a folder that goes with it. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pool, type PoolConfig } from 'pg';
import { fillOnce } from './made-once';
import { freePort } from './ports';
import { serverCommand } from './server-command';
import { ServerProcess } from './server-process';

const VERSIONS = '/usr/lib/postgresql';

/** Limits as docs/sql.md asks for, for tests of a server that is stuck: a busy machine reaches them, too. */
export const STRICT = {
  connectionTimeoutMillis: 500,
  query_timeout: 500,
  statement_timeout: 400,
} as const satisfies PoolConfig;

/** Limits that no statement of the tests reaches, however busy the machine is. */
export const PATIENT = {
  connectionTimeoutMillis: 60_000,
  query_timeout: 60_000,
  statement_timeout: 60_000,
} as const satisfies PoolConfig;

export class PostgresServer {
  readonly folder = mkdtempSync(join(tmpdir(), 'securest-pg-'));
  readonly #data = join(this.folder, 'data');
  readonly #process = new ServerProcess('postgres');
  port = 0;

  /** Starts it, or starts it again with what it held. */
  async start(): Promise<void> {
    if (this.port === 0) {
      this.port = await freePort();
      // The server is not run by root, and a temporary folder is root's alone.
      chmodSync(this.folder, 0o711);
      mkdirSync(this.#data);
      if (isRoot()) spawnSync('chown', ['postgres:', this.#data]);
      const args = ['-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '-N', '--locale=C'];
      fillOnce(this.#data, programOf('initdb'), args, () => {
        this.#run('initdb', ['-D', this.#data, ...args]);
      });
    }
    const command = asServer('postgres', [
      ...['-D', this.#data, '-k', this.#data, '-p', String(this.port), '-F'],
      ...['-c', 'listen_addresses=127.0.0.1', '-c', 'max_connections=30', '-c', 'shared_buffers=16MB'],
    ]);
    const pool = this.pool({ max: 1 });
    await this.#process.start(command, () => answers(pool));
    await pool.end();
  }

  /** A pool of five patient connections. */
  pool(settings: PoolConfig = {}): Pool {
    return new Pool({
      host: this.#data,
      port: this.port,
      user: 'postgres',
      max: 5,
      ...PATIENT,
      ...settings,
    });
  }

  get url(): string {
    return `postgres://postgres@127.0.0.1:${String(this.port)}/postgres`;
  }

  /** Stops the server and each of its connections in the middle of whatever they do. */
  freeze(): void {
    this.#signal('SIGSTOP');
  }

  thaw(): void {
    this.#signal('SIGCONT');
  }

  /** Ends it at once, with every connection. */
  async stop(): Promise<void> {
    await this.#process.end('SIGQUIT');
  }

  /** Ends the server and each of its connections by SIGKILL, so that none of them can put anything in order. */
  async kill(): Promise<void> {
    const pids = this.#pids();
    this.#signal('SIGKILL', pids);
    await this.#process.end();
    // Until all are gone a new one does not start on the same data.
    while (pids.some((pid) => existsSync(`/proc/${String(pid)}`)))
      await new Promise((resume) => setTimeout(resume, 5));
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #run(program: string, args: string[]): void {
    const [command, all] = asServer(program, args);
    const { status, stderr, error } = spawnSync(command, all, { cwd: '/', encoding: 'utf8' });
    if (status !== 0) throw new Error(`${program} failed: ${error?.message ?? stderr}`);
  }

  #signal(signal: NodeJS.Signals, pids = this.#pids()): void {
    for (const pid of pids) {
      try {
        process.kill(pid, signal);
      } catch (error) {
        // A connection may end meanwhile.
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    }
  }

  #pids(): number[] {
    const { pid } = this.#process;
    const children = readFileSync(`/proc/${String(pid)}/task/${String(pid)}/children`, 'utf8');
    return [pid, ...children.trim().split(/\s+/).filter(Boolean).map(Number)];
  }
}

/** Why there can be no PostgreSQL here; undefined where there can. */
export function whyNoPostgres(): string | undefined {
  if (programs() !== undefined) return undefined;
  return `there is no PostgreSQL under ${VERSIONS}: install it, on Debian the package postgresql`;
}

function programs(): string | undefined {
  if (!existsSync(VERSIONS)) return undefined;
  const newest = readdirSync(VERSIONS)
    .map((version) => join(VERSIONS, version, 'bin'))
    .filter((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')));
  return newest.sort().at(-1);
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function programOf(name: string): string {
  return join(programs() ?? VERSIONS, name);
}

/** PostgreSQL refuses to be run by root. */
function asServer(program: string, args: string[]): [string, string[]] {
  return serverCommand(programOf(program), args, {
    signal: 'QUIT',
    ...(isRoot() ? { user: 'postgres' } : {}),
  });
}

async function answers(pool: Pool): Promise<boolean> {
  try {
    await pool.query('SELECT 1');
    return true;
  } catch {
    return false;
  }
}
