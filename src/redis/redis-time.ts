/**
 * The clock of Redis, as its answers report it. Until the first answer the clock of this process is used; if it is
 * behind, Redis refuses the first write as late, and the write is sent again.
 */
export class RedisTime {
  #ahead = Date.now() - performance.now();

  /** The time until which a command that is sent now may take effect, in milliseconds of Redis' clock. */
  deadline(): number {
    return Math.ceil(performance.now() + this.#ahead + MAX_MS);
  }

  heard(now: number): void {
    this.#ahead = now - performance.now();
  }
}

/** More than an answer may take, since an answer arrives later than it was given. */
const MAX_MS = 1500;
