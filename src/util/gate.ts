import { ServiceUnavailableError } from '../errors';

/**
 * Limits the number of concurrent tasks. Native work cannot be aborted, and it occupies the threads that file and name
 * lookups need.
 */
export class Gate {
  #inside = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(
    private readonly maxInside: number,
    private readonly maxWaiting: number,
  ) {}

  /** @throws ServiceUnavailableError when too many are waiting already */
  async pass<T>(work: () => Promise<T>): Promise<T> {
    if (this.#inside < this.maxInside) {
      this.#inside += 1;
    } else {
      if (this.#waiting.length >= this.maxWaiting)
        throw new ServiceUnavailableError({ retryAfterSeconds: 1 });
      // A finishing task passes its place on directly, so that no later caller takes it.
      await new Promise<void>((enter) => this.#waiting.push(enter));
    }
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#inside -= 1;
      else next();
    }
  }
}
