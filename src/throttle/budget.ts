import type { MaybePromise } from '../core/userstore';
import type { Counter, CounterFactory } from './counter';

const FIRST_DELAY_SECONDS = 5;
const MAX_DELAY_SECONDS = 900;
const WINDOW_SECONDS = 3600;

/** A try that a budget had room for. */
export interface CountedTry {
  giveBack(): Promise<void>;
}

/**
 * After so many failures in an hour there is one try at a time, each after a delay that doubles from 5 seconds to
 * 15 minutes.
 */
export class Budget {
  readonly #failures: Counter;
  /** Holds a key for as long as its next try must wait. */
  readonly #waiting: Counter;

  constructor(
    name: string,
    private readonly free: number,
    counter: CounterFactory,
  ) {
    this.#failures = counter(`${name}:failures`, WINDOW_SECONDS);
    this.#waiting = counter(`${name}:waiting`, MAX_DELAY_SECONDS);
  }

  /** How long the next try must wait; 0 where it need not. */
  waitMs(key: string): MaybePromise<number> {
    return this.#waiting.remainingMs(key);
  }

  /** Counts a try as failed until it is given back; undefined, and nothing counted, when it must wait. */
  async count(key: string): Promise<CountedTry | undefined> {
    const failure = await this.#failures.add(key);
    if (failure.total < this.free) return { giveBack: () => failure.takeBack() };
    // Of several at once only the first finds nobody waiting.
    const delay = FIRST_DELAY_SECONDS * 2 ** Math.min(10, failure.total - this.free);
    const wait = await this.#waiting.add(key, Math.min(MAX_DELAY_SECONDS, delay));
    if (wait.total > 1) {
      // Whoever has the place gives it back for all, but could not for what this process counts by itself.
      await Promise.all([failure.takeBack(), wait.takeBackHere?.()]);
      return undefined;
    }
    return {
      giveBack: async () => {
        await Promise.all([failure.takeBack(), this.#waiting.delete(key)]);
      },
    };
  }
}
