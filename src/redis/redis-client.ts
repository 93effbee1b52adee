import { ConfigurationError } from '../errors';

/** What is needed of an ioredis client, 5 or 6: a `Redis` or a `Cluster`. */
export interface RedisClient {
  defineCommand(name: string, definition: { lua: string; numberOfKeys?: number }): void;
  multi(): unknown;
  del(key: string): Promise<number>;
}

/** @throws ConfigurationError when the value is not a client of ioredis */
export function checkRedisClient(component: string, client: unknown): asserts client is RedisClient {
  const methods = (client ?? {}) as Partial<Record<keyof RedisClient, unknown>>;
  if ([methods.defineCommand, methods.multi, methods.del].every((method) => typeof method === 'function')) {
    return;
  }
  throw new ConfigurationError(`${component} needs a client of ioredis: new ${component}(new Redis(url))`);
}
