/**
 * The clock of Redis, as far as its answers tell. That of this process only counts until the first of them; if it is
 * wrong, Redis takes the first write for late, and it is sent again.
 */
export class RedisTime {
  #ahead = Date.now() - performance.now();

  /** Until when a command that is sent now may take effect, in milliseconds of the clock of Redis. */
  deadline(): number {
    return Math.ceil(performance.now() + this.#ahead + MAX_MS);
  }

  heard(now: number): void {
    this.#ahead = now - performance.now();
  }
}

/** More than an answer may take, since an answer is heard later than it was given. */
const MAX_MS = 1500;
