import type { MaybePromise } from '../core/userstore';

/** One of what was counted under a key. */
export interface Count {
  /** How many there are with this one. */
  readonly total: number;
  takeBack(): Promise<void>;
  /** Takes it back where only this process counts it; undefined where all that count are one. */
  takeBackHere?(): Promise<void>;
}

/** Counts by key, each for a time. What comes at once is counted one after the other. */
export interface Counter {
  /** Adds one. The time of a key, where none is given that of the counter, runs from the first that was added. */
  add(key: string, seconds?: number): Promise<Count>;
  /** How long something is still counted under the key; 0 where nothing is. */
  remainingMs(key: string): MaybePromise<number>;
  /** Counts one under the key, and nothing else, for the whole time. */
  renew(key: string): Promise<void>;
  delete(key: string): Promise<void>;
}

/** Makes a counter by its name, which tells it from the others, and the time that it counts for. */
export type CounterFactory = (name: string, seconds: number) => Counter;
