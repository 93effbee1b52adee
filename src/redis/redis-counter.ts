import { createHash } from 'node:crypto';
import { RateLimiterRedis, type RateLimiterRes } from 'rate-limiter-flexible';
import type { Count, Counter } from '../throttle/counter';
import type { RedisClient } from './redis-client';

/** Counts in Redis. Rejects when Redis does. Keys are hashed: people type a password for a name by mistake. */
export class RedisCounter implements Counter {
  readonly #limiter: RateLimiterRedis;

  constructor(
    client: RedisClient,
    name: string,
    private readonly seconds: number,
  ) {
    this.#limiter = new RateLimiterRedis({
      storeClient: client,
      keyPrefix: `securest:throttle:${name}`,
      points: Number.MAX_SAFE_INTEGER,
      duration: seconds,
    });
  }

  async add(key: string, seconds?: number): Promise<Count> {
    const options = seconds === undefined ? {} : { customDuration: seconds };
    const counted = read(await this.#limiter.consume(hashed(key), 1, options));
    return { total: counted.total, takeBack: () => this.#takeBack(key) };
  }

  async remainingMs(key: string): Promise<number> {
    const result: RateLimiterRes | null = await this.#limiter.get(hashed(key));
    if (result === null) return 0;
    const { total, remainingMs } = read(result);
    return total < 1 ? 0 : remainingMs;
  }

  async renew(key: string): Promise<void> {
    await this.#limiter.set(hashed(key), 1, this.seconds);
  }

  async delete(key: string): Promise<void> {
    await this.#limiter.delete(hashed(key));
  }

  async #takeBack(key: string): Promise<void> {
    // Of a count that has run out meanwhile nothing is taken back, or tries could be saved up.
    if ((await this.remainingMs(key)) > 0) await this.#limiter.reward(hashed(key));
  }
}

/** Numbers, or what stands under the key is none of ours and decides nothing. */
function read({ consumedPoints, msBeforeNext }: RateLimiterRes): { total: number; remainingMs: number } {
  if (Number.isInteger(consumedPoints) && Number.isInteger(msBeforeNext)) {
    return { total: consumedPoints, remainingMs: Math.max(0, msBeforeNext) };
  }
  throw new Error('Redis did not answer with a count');
}

function hashed(key: string): string {
  return createHash('sha256').update(key).digest('base64url');
}
