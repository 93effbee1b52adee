import { MemoryCounter } from './memory-counter';

const FIRST_DELAY_SECONDS = 5;
const MAX_DELAY_SECONDS = 900;
const WINDOW_SECONDS = 3600;

/** A try that a budget had room for. */
export interface Counted {
  giveBack(): Promise<void>;
}

/**
 * After so many failures in an hour there is one try at a time, each after a delay that doubles from 5 seconds to
 * 15 minutes.
 */
export class Budget {
  readonly #failures: MemoryCounter;
  /** Holds a key for as long as its next try must wait. */
  readonly #waiting: MemoryCounter;

  constructor(
    private readonly free: number,
    maxKeys: number,
  ) {
    this.#failures = new MemoryCounter(WINDOW_SECONDS, maxKeys);
    this.#waiting = new MemoryCounter(MAX_DELAY_SECONDS, maxKeys);
  }

  /** How long the next try must wait; 0 where it need not. */
  waitMs(key: string): Promise<number> {
    return this.#waiting.remainingMs(key);
  }

  /** Counts a try as failed until it is given back; undefined, and nothing counted, when it must wait. */
  async count(key: string): Promise<Counted | undefined> {
    const failures = await this.#failures.add(key);
    if (failures < this.free) return { giveBack: () => this.#failures.takeBack(key) };
    // Of several at once only the first finds nobody waiting.
    const delay = FIRST_DELAY_SECONDS * 2 ** Math.min(10, failures - this.free);
    if ((await this.#waiting.add(key, Math.min(MAX_DELAY_SECONDS, delay))) > 1) {
      await this.#failures.takeBack(key);
      return undefined;
    }
    return {
      giveBack: async () => {
        await Promise.all([this.#failures.takeBack(key), this.#waiting.delete(key)]);
      },
    };
  }
}
