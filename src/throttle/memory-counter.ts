import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';

/** Counts by key for a time, for as many keys as the bound allows: the one not used for longest goes first. */
export class MemoryCounter {
  readonly #limiter: RateLimiterMemory;
  readonly #keys = new Set<string>();

  constructor(
    seconds: number,
    private readonly maxKeys: number,
  ) {
    this.#limiter = new RateLimiterMemory({ points: Number.MAX_SAFE_INTEGER, duration: seconds });
  }

  /** Adds one and tells how many there are now. The time runs from the first. */
  async add(key: string, seconds?: number): Promise<number> {
    this.#touch(key);
    const options = seconds === undefined ? {} : { customDuration: seconds };
    return (await this.#limiter.consume(key, 1, options)).consumedPoints;
  }

  async takeBack(key: string): Promise<void> {
    // Of a count that has run out meanwhile nothing is taken back, or tries could be saved up.
    if ((await this.remainingMs(key)) > 0) await this.#limiter.reward(key);
  }

  /** How long something is still counted under the key; 0 where nothing is. */
  async remainingMs(key: string): Promise<number> {
    const counted: RateLimiterRes | null = await this.#limiter.get(key);
    return counted === null || counted.consumedPoints < 1 ? 0 : Math.max(0, counted.msBeforeNext);
  }

  async delete(key: string): Promise<void> {
    this.#keys.delete(key);
    await this.#limiter.delete(key);
  }

  #touch(key: string): void {
    this.#keys.delete(key);
    this.#keys.add(key);
    if (this.#keys.size <= this.maxKeys) return;
    const [oldest] = this.#keys;
    if (oldest === undefined) return;
    this.#keys.delete(oldest);
    void this.#limiter.delete(oldest);
  }
}
