import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';
import type { MaybePromise } from '../core/userstore';
import type { Count, Counter } from './counter';

const MAX_KEYS = 100_000;

/** Counts in this process, for as many keys as the bound allows: the one not used for longest goes first. */
export class MemoryCounter implements Counter {
  readonly #limiter: RateLimiterMemory;
  /** How many are counted under each key, at the most: some may have run out. */
  readonly #counts = new Map<string, number>();

  constructor(
    seconds: number,
    private readonly maxKeys = MAX_KEYS,
  ) {
    this.#limiter = new RateLimiterMemory({ points: Number.MAX_SAFE_INTEGER, duration: seconds });
  }

  async add(key: string, seconds?: number): Promise<Count> {
    this.#touch(key);
    const options = seconds === undefined ? {} : { customDuration: seconds };
    const { consumedPoints } = await this.#limiter.consume(key, 1, options);
    return { total: consumedPoints, takeBack: () => this.#takeBack(key) };
  }

  /** At once where nothing is counted, which each right password pays for. */
  remainingMs(key: string): MaybePromise<number> {
    return this.#counts.has(key) ? this.#remainingMs(key) : 0;
  }

  async #remainingMs(key: string): Promise<number> {
    const counted: RateLimiterRes | null = await this.#limiter.get(key);
    return counted === null || counted.consumedPoints < 1 ? 0 : Math.max(0, counted.msBeforeNext);
  }

  async renew(key: string): Promise<void> {
    await this.delete(key);
    await this.add(key);
  }

  async delete(key: string): Promise<void> {
    this.#counts.delete(key);
    await this.#limiter.delete(key);
  }

  async #takeBack(key: string): Promise<void> {
    const count = this.#counts.get(key);
    if (count === undefined) return;
    // A key under which nothing is left goes: tries that leave nothing behind must not push out others' failures.
    if (count === 1) return this.delete(key);
    this.#counts.set(key, count - 1);
    // Of a count that has run out meanwhile nothing is taken back, or tries could be saved up.
    if ((await this.remainingMs(key)) > 0) await this.#limiter.reward(key);
  }

  #touch(key: string): void {
    const count = this.#counts.get(key) ?? 0;
    this.#counts.delete(key);
    this.#counts.set(key, count + 1);
    if (this.#counts.size <= this.maxKeys) return;
    const [oldest] = this.#counts.keys();
    if (oldest === undefined) return;
    this.#counts.delete(oldest);
    void this.#limiter.delete(oldest);
  }
}
