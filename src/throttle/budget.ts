import type { MaybePromise } from '../core/userstore';
import { chained } from '../util/maybe-promise';
import type { Count, Counter, CounterFactory } from './counter';

const FIRST_DELAY_SECONDS = 5;
const MAX_DELAY_SECONDS = 900;
const WINDOW_SECONDS = 3600;
const MAX_FAILED = 30_000;
/** Each has failed as often as is free before. */
const MAX_WAITING = 10_000;

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
    this.#failures = counter({ name: `${name}:failures`, seconds: WINDOW_SECONDS, maxKeys: MAX_FAILED });
    this.#waiting = counter({ name: `${name}:waiting`, seconds: MAX_DELAY_SECONDS, maxKeys: MAX_WAITING });
  }

  /** True where it is known at once that no key has to wait. */
  get isIdle(): boolean {
    return this.#waiting.isEmpty === true;
  }

  /** How long the next try must wait; 0 where it need not. */
  waitMs(key: string): MaybePromise<number> {
    return this.#waiting.remainingMs(key);
  }

  /** The same as far as this process counted by itself. */
  waitMsHere(key: string): number {
    return this.#waiting.remainingMsHere(key);
  }

  /** Counts a try as failed until it is given back; undefined, and nothing counted, when it must wait. */
  count(key: string): MaybePromise<CountedTry | undefined> {
    return chained(this.#failures.add(key), (failure) => {
      if (failure.total < this.free) return { giveBack: () => failure.takeBack() };
      // Of several at once only the first finds nobody waiting.
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
    // Whoever has the place gives it back for all, but could not for what this process counts by itself.
    return Promise.all([failure.takeBack(), wait.takeBackHere()]).then(() => undefined);
  }
}
