import type { MaybePromise } from '../core/userstore';

/** One of what was counted under a key. */
export interface Count {
  /** How many there are with this one. */
  readonly total: number;
  takeBack(): Promise<void>;
  /** Takes it back where only this process counts it. */
  takeBackHere(): Promise<void>;
}

/** Counts by key, each for a time. What comes at once is counted one after the other. */
export interface Counter {
  /** True while nothing at all is counted; undefined where that is not known at once. */
  readonly isEmpty?: boolean;
  /** Adds one. The time of a key, where none is given that of the counter, runs from the first that was added. */
  add(key: string, seconds?: number): MaybePromise<Count>;
  /** How long something is still counted under the key; 0 where nothing is. */
  remainingMs(key: string): MaybePromise<number>;
  /** The same as far as this process counted by itself, at once. */
  remainingMsHere(key: string): number;
  /** Counts one under the key, and nothing else, for the whole time. */
  renew(key: string): Promise<void>;
  delete(key: string): Promise<void>;
}

export interface CounterOptions {
  /** Tells it from the others. */
  readonly name: string;
  /** How long it counts. */
  readonly seconds: number;
  /** How many keys this process keeps. */
  readonly maxKeys: number;
}

export type CounterFactory = (options: CounterOptions) => Counter;
