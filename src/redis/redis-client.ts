import { ConfigurationError } from '../errors';

/** The part of an ioredis client (5 or 6) that is needed: a `Redis` or a `Cluster`. */
export interface RedisClient {
  defineCommand(name: string, definition: { lua: string; numberOfKeys?: number }): void;
  multi(): unknown;
  del(key: string): Promise<number>;
}

/** @throws ConfigurationError if the value is not an ioredis client */
export function checkRedisClient(component: string, client: unknown): asserts client is RedisClient {
  const methods = (client ?? {}) as Partial<Record<keyof RedisClient, unknown>>;
  if ([methods.defineCommand, methods.multi, methods.del].every((method) => typeof method === 'function')) {
    return;
  }
  throw new ConfigurationError(`${component} needs a client of ioredis: new ${component}(new Redis(url))`);
}
