/** A MariaDB of the tests' own, on a loopback port, in a folder that goes with it. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection, createPool, type Pool, type PoolOptions } from 'mysql2/promise';
import { fillOnce } from './made-once';
import { freePort } from './ports';
import { serverCommand } from './server-command';
import { ServerProcess } from './server-process';

const SERVERS = ['/usr/sbin/mariadbd', '/usr/local/bin/mariadbd', '/opt/homebrew/bin/mariadbd'];
const INSTALLERS = ['/usr/bin/mariadb-install-db', '/usr/local/bin/mariadb-install-db'];
const DATABASE = 'securest';
/** The default is 96 MiB, which would be written first. */
const LOG_SIZE = '--innodb-log-file-size=8M';

export class MariadbServer {
  readonly folder = mkdtempSync(join(tmpdir(), 'securest-mariadb-'));
  readonly #data = join(this.folder, 'data');
  readonly #process = new ServerProcess('mariadbd');
  port = 0;

  /** Starts it, or starts it again with what it held. */
  async start(): Promise<void> {
    const isNew = this.port === 0;
    if (isNew) {
      this.port = await freePort();
      // The server is not run by root, and a temporary folder is root's alone.
      chmodSync(this.folder, 0o711);
      mkdirSync(this.#data);
      if (isRoot()) spawnSync('chown', [owner(), this.#data]);
      const installer = found(INSTALLERS) ?? '';
      const args = ['--auth-root-authentication-method=normal', '--skip-test-db', LOG_SIZE];
      fillOnce(this.#data, installer, args, () => {
        const [command, all] = asServer(installer, ['--no-defaults', `--datadir=${this.#data}`, ...args]);
        const { status, stderr, error } = spawnSync(command, all, { cwd: '/', encoding: 'utf8' });
        if (status !== 0) throw new Error(`mariadb-install-db failed: ${error?.message ?? stderr}`);
      });
    }
    const command = asServer(found(SERVERS) ?? '', [
      ...['--no-defaults', `--datadir=${this.#data}`, `--socket=${this.#data}/s`, `--port=${this.port}`],
      ...['--bind-address=127.0.0.1', `--pid-file=${this.#data}/pid`, '--max-connections=30'],
      // At 2 what was committed outlives the end of the process, if not that of the machine.
      ...[
        '--innodb-buffer-pool-size=16M',
        '--innodb-flush-log-at-trx-commit=2',
        '--skip-name-resolve',
        LOG_SIZE,
      ],
      // No zone that a process is likely to have.
      '--default-time-zone=+05:45',
    ]);
    await this.#process.start(command, () => this.#answers());
    if (isNew) await this.clear();
  }

  pool(settings: PoolOptions = {}): Pool {
    return createPool({ ...this.#login, database: DATABASE, connectionLimit: 5, ...settings });
  }

  /** Makes the database anew. */
  async clear(): Promise<void> {
    const admin = await createConnection(this.#login);
    await admin.query(`DROP DATABASE IF EXISTS ${DATABASE}`);
    await admin.query(`CREATE DATABASE ${DATABASE}`);
    await admin.end();
  }

  get url(): string {
    return `mysql://root@127.0.0.1:${String(this.port)}/${DATABASE}`;
  }

  /** Stops the server, and so each of its connections, in the middle of whatever it does. */
  freeze(): void {
    this.#process.freeze();
  }

  thaw(): void {
    this.#process.thaw();
  }

  /** Ends it at once, with every connection. */
  async stop(): Promise<void> {
    await this.#process.end();
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  get #login(): { host: string; port: number; user: string } {
    return { host: '127.0.0.1', port: this.port, user: 'root' };
  }

  async #answers(): Promise<boolean> {
    try {
      await (await createConnection(this.#login)).end();
      return true;
    } catch {
      return false;
    }
  }
}

/** Why there can be no MariaDB here; undefined where there can. */
export function whyNoMariadb(): string | undefined {
  if (found(SERVERS) !== undefined && found(INSTALLERS) !== undefined) return undefined;
  return 'there is no mariadbd: install it, on Debian the package mariadb-server';
}

function found(paths: readonly string[]): string | undefined {
  return paths.find((path) => existsSync(path));
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** The user that Debian's package makes, or the one with the fewest rights. */
function owner(): string {
  return spawnSync('id', ['mysql']).status === 0 ? 'mysql' : 'nobody';
}

/** MariaDB refuses to be run by root. */
function asServer(program: string, args: string[]): [string, string[]] {
  if (!isRoot()) return serverCommand(program, args);
  const { stdout } = spawnSync('id', ['-gn', owner()], { encoding: 'utf8' });
  return serverCommand(program, args, { user: owner(), group: stdout.trim() });
}
