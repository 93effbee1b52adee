import { ServiceUnavailableError } from '../errors';

/**
 * Lets few through at a time. Native work has no end that could be forced, and it takes the threads that files and
 * names are looked up with.
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
      // Who leaves hands on the place, so that nobody who comes later takes it.
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
