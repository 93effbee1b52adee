/** Clients of a Redis of the tests' own, which end with a test. */
import { once } from 'node:events';
import { Redis, type RedisOptions } from 'ioredis';
import { Redis as Redis6 } from 'ioredis6';

export const VERSIONS: Readonly<Record<string, typeof Redis>> = {
  5: Redis,
  6: Redis6 as unknown as typeof Redis,
};

/** As docs have it, but with time for a busy machine. */
const STRICT: RedisOptions = {
  maxRetriesPerRequest: 0,
  enableOfflineQueue: false,
  commandTimeout: 5000,
  connectTimeout: 1000,
  retryStrategy: () => 20,
};

export class RedisClients {
  readonly #open: Redis[] = [];

  /** One that may be without its server. */
  connect(options: RedisOptions, Client: typeof Redis = Redis): Redis {
    const client = new Client({ ...STRICT, ...options });
    client.on('error', () => undefined);
    this.#open.push(client);
    return client;
  }

  async ready(options: RedisOptions, Client: typeof Redis = Redis): Promise<Redis> {
    const client = this.connect(options, Client);
    await once(client, 'ready');
    return client;
  }

  end(): void {
    for (const client of this.#open.splice(0)) client.disconnect();
  }
}
