import { createHash } from 'node:crypto';
import type * as RateLimiterFlexible from 'rate-limiter-flexible';
import type { Count, Counter } from '../throttle/counter';
import { loadOptional } from '../util/load-optional';
import type { RedisClient } from './redis-client';

/** Counts in Redis. Rejects if Redis does. Keys are hashed: users may type their password as a name by mistake. */
export class RedisCounter implements Counter {
  readonly #limiter: RateLimiterFlexible.RateLimiterRedis;
  private readonly prefix: string;
  private readonly takeBack: (key: string) => Promise<unknown>;

  constructor(
    client: RedisClient,
    name: string,
    private readonly seconds: number,
  ) {
    const { RateLimiterRedis } = loadOptional(
      'rate-limiter-flexible',
      'RedisThrottle',
    ) as typeof RateLimiterFlexible;
    this.prefix = `securest:throttle:${name}`;
    client.defineCommand(TAKE_BACK, { numberOfKeys: 1, lua: TAKE_BACK_SCRIPT });
    this.takeBack = (key) => (client as unknown as Record<typeof TAKE_BACK, TakeBack>)[TAKE_BACK](key);
    this.#limiter = new RateLimiterRedis({
      storeClient: client,
      keyPrefix: this.prefix,
      points: Number.MAX_SAFE_INTEGER,
      duration: seconds,
    });
  }

  async add(key: string, seconds?: number): Promise<Count> {
    const options = seconds === undefined ? {} : { customDuration: seconds };
    const counted = read(await this.#limiter.consume(hashed(key), 1, options));
    return {
      total: counted.total,
      takeBack: () => this.#takeBack(key),
      takeBackHere: () => Promise.resolve(),
    };
  }

  async remainingMs(key: string): Promise<number> {
    const result: RateLimiterFlexible.RateLimiterRes | null = await this.#limiter.get(hashed(key));
    if (result === null) return 0;
    const { total, remainingMs } = read(result);
    return total < 1 ? 0 : remainingMs;
  }

  /** This counter keeps no count in the process. */
  remainingMsHere(): number {
    return 0;
  }

  async renew(key: string): Promise<void> {
    await this.#limiter.set(hashed(key), 1, this.seconds);
  }

  async delete(key: string): Promise<void> {
    await this.#limiter.delete(hashed(key));
  }

  async #takeBack(key: string): Promise<void> {
    await this.takeBack(`${this.prefix}:${hashed(key)}`);
  }
}

type TakeBack = (key: string) => Promise<unknown>;

const TAKE_BACK = 'securestTakeBack';
/**
 * A count that has expired meanwhile is not decremented, so that no attempts can be saved up. A key is deleted when its
 * count reaches zero, so that attempts that were taken back do not fill Redis.
 */
const TAKE_BACK_SCRIPT = `
local count = tonumber(redis.call('get', KEYS[1]) or '')
if count == nil then return 0 end
if count <= 1 then return redis.call('del', KEYS[1]) end
return redis.call('decr', KEYS[1])`;

/** Requires numbers: a value of the key that is not a count must not decide anything. */
function read({ consumedPoints, msBeforeNext }: RateLimiterFlexible.RateLimiterRes): {
  total: number;
  remainingMs: number;
} {
  if (Number.isInteger(consumedPoints) && Number.isInteger(msBeforeNext)) {
    return { total: consumedPoints, remainingMs: Math.max(0, msBeforeNext) };
  }
  throw new Error('Redis did not answer with a count');
}

function hashed(key: string): string {
  return createHash('sha256').update(key).digest('base64url');
}
