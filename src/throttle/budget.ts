import type { MaybePromise } from '../core/userstore';
import { chained } from '../util/maybe-promise';
import type { Count, Counter, CounterFactory } from './counter';

const FIRST_DELAY_SECONDS = 5;
const MAX_DELAY_SECONDS = 900;
const WINDOW_SECONDS = 3600;
const MAX_FAILED = 30_000;
/** Number of waiting keys. Each has used up its free failures before. */
const MAX_WAITING = 10_000;

/** An attempt that the budget allowed. */
export interface CountedTry {
  giveBack(): Promise<void>;
}

/**
 * Once the free failures of an hour are used up, allows one attempt at a time, each after a delay that doubles from 5
 * seconds to 15 minutes.
 */
export class Budget {
  readonly #failures: Counter;
  /** Holds a key for as long as its next attempt must wait. */
  readonly #waiting: Counter;

  constructor(
    name: string,
    private readonly free: number,
    counter: CounterFactory,
  ) {
    this.#failures = counter({ name: `${name}:failures`, seconds: WINDOW_SECONDS, maxKeys: MAX_FAILED });
    this.#waiting = counter({ name: `${name}:waiting`, seconds: MAX_DELAY_SECONDS, maxKeys: MAX_WAITING });
  }

  /** True if it is known synchronously that no key has to wait. */
  get isIdle(): boolean {
    return this.#waiting.isEmpty === true;
  }

  /** How long the next attempt must wait; 0 if it may go ahead. */
  waitMs(key: string): MaybePromise<number> {
    return this.#waiting.remainingMs(key);
  }

  /** The same by the counts of this process only. */
  waitMsHere(key: string): number {
    return this.#waiting.remainingMsHere(key);
  }

  /** Counts an attempt as failed until it is given back; undefined, without counting, if it must wait. */
  count(key: string): MaybePromise<CountedTry | undefined> {
    return chained(this.#failures.add(key), (failure) => {
      if (failure.total < this.free) return { giveBack: () => failure.takeBack() };
      // Of several simultaneous attempts only the first finds no other waiting.
      const delay = FIRST_DELAY_SECONDS * 2 ** Math.min(10, failure.total - this.free);
      const place = this.#waiting.add(key, Math.min(MAX_DELAY_SECONDS, delay));
      return chained(place, (wait) => this.#take(key, failure, wait));
    });
  }

  #take(key: string, failure: Count, wait: Count): MaybePromise<CountedTry | undefined> {
    if (wait.total === 1) {
      return {
        giveBack: async () => {
          await Promise.all([failure.takeBack(), this.#waiting.delete(key)]);
        },
      };
    }
    // The attempt that has the place gives it back for all processes together, but not for the counts of this process
    // alone.
    return Promise.all([failure.takeBack(), wait.takeBackHere()]).then(() => undefined);
  }
}
