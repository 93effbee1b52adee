/** A Redis of the tests' own, on a Unix socket in a folder that goes with it. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serverCommand } from './server-command';

export class RedisServer {
  readonly #folder = mkdtempSync(join(tmpdir(), 'securest-redis-'));
  readonly socket = join(this.#folder, 'redis.sock');
  #process: ChildProcess | undefined;

  /** Starts it, or starts it again, empty. */
  async start(): Promise<void> {
    const settings = [
      '--port',
      '0',
      '--unixsocket',
      this.socket,
      '--save',
      '',
      '--maxmemory-policy',
      'noeviction',
    ];
    this.#process = spawn(...serverCommand('redis-server', settings), { cwd: this.#folder, stdio: 'ignore' });
    while (!(await this.#answers())) {
      if (this.#process.exitCode !== null) throw new Error('redis-server ended at once');
      await new Promise((resume) => setTimeout(resume, 10));
    }
  }

  /** Stops it in the middle of whatever it does: it keeps its connections and answers to nothing. */
  freeze(): void {
    this.#process?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#process?.kill('SIGCONT');
  }

  async kill(): Promise<void> {
    const running = this.#process;
    this.#process = undefined;
    if (running?.exitCode !== null || running.signalCode !== null) return;
    running.kill('SIGKILL');
    await once(running, 'exit');
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #answers(): Promise<boolean> {
    return new Promise((resolve) => {
      const connection = createConnection(this.socket, () => connection.write('PING\r\n'));
      connection.once('data', () => {
        connection.destroy();
        resolve(true);
      });
      connection.once('error', () => {
        resolve(false);
      });
    });
  }
}

/** Why there can be no Redis here; undefined where there can. */
export function whyNoRedis(): string | undefined {
  const { error } = spawnSync('redis-server', ['--version']);
  return (
    error && `redis-server cannot be run (${error.message}): install it, on Debian the package redis-server`
  );
}
