/** A PgBouncer of the tests' own before a PostgreSQL, in transaction mode, on a loopback port. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { accepts, freePort } from './ports';
import { serverCommand } from './server-command';
import { ServerProcess } from './server-process';

const PROGRAM = '/usr/sbin/pgbouncer';

export class PgBouncerServer {
  readonly #folder = mkdtempSync(join(tmpdir(), 'securest-pgbouncer-'));
  readonly #process = new ServerProcess('pgbouncer');
  port = 0;

  /** @param postgres the port of the server behind it */
  async start(postgres: number): Promise<void> {
    this.port = await freePort();
    const settings = join(this.#folder, 'pgbouncer.ini');
    writeFileSync(
      settings,
      `[databases]
postgres = host=127.0.0.1 port=${String(postgres)} user=postgres dbname=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${String(this.port)}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 3
`,
    );
    // It is not run by root.
    chmodSync(this.#folder, 0o711);
    const isRoot = process.getuid?.() === 0;
    const command = serverCommand(PROGRAM, [settings], isRoot ? { user: 'postgres' } : {});
    await this.#process.start(command, () => accepts(this.port));
  }

  get url(): string {
    return `postgres://postgres@127.0.0.1:${String(this.port)}/postgres`;
  }

  async remove(): Promise<void> {
    await this.#process.end();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Why there can be no PgBouncer here; undefined where there can. */
export function whyNoPgBouncer(): string | undefined {
  if (existsSync(PROGRAM) && spawnSync(PROGRAM, ['--version']).status === 0) return undefined;
  return `there is no ${PROGRAM}: install it, on Debian the package pgbouncer`;
}
