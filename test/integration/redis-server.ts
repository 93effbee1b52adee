/** A Redis of the tests' own, on a Unix socket in a folder that goes with it. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { serverCommand } from './server-command';
import { ServerProcess } from './server-process';

export interface RedisSettings {
  /** On loopback, beside the socket. */
  readonly port?: number;
  /** Settings as of redis.conf, after those that every Redis of the tests has. */
  readonly settings?: readonly (readonly [name: string, value: string])[];
}

export class RedisServer {
  readonly #folder = mkdtempSync(join(tmpdir(), 'securest-redis-'));
  readonly socket = join(this.#folder, 'redis.sock');
  readonly #process = new ServerProcess('redis-server');

  readonly #settings: readonly (readonly [name: string, value: string])[];

  constructor({ port = 0, settings = [] }: RedisSettings = {}) {
    this.#settings = [
      ['port', String(port)],
      ['bind', '127.0.0.1'],
      ['unixsocket', this.socket],
      ['save', ''],
      ['maxmemory-policy', 'noeviction'],
      ...settings,
    ];
  }

  /** Starts it, or starts it again, empty where it keeps nothing on its disk. */
  async start(): Promise<void> {
    const settings = this.#settings.flatMap(([name, value]) => [`--${name}`, value]);
    const command = serverCommand('redis-server', settings);
    await this.#process.start(command, () => this.#answers(), this.#folder);
  }

  /** Stops it in the middle of whatever it does: it keeps its connections and answers to nothing. */
  freeze(): void {
    this.#process.freeze();
  }

  thaw(): void {
    this.#process.thaw();
  }

  /** Forgets all, and goes on. */
  async forget(): Promise<void> {
    const redis = new Redis({ path: this.socket, maxRetriesPerRequest: 0 });
    await redis.flushall();
    redis.disconnect();
  }

  async kill(): Promise<void> {
    await this.#process.end();
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
