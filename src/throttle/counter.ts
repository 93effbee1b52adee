import type { MaybePromise } from '../core/userstore';

/** A single count under a key. */
export interface Count {
  /** The total for the key, including this count. */
  readonly total: number;
  takeBack(): Promise<void>;
  /** Takes the count back if only this process counts it. */
  takeBackHere(): Promise<void>;
}

/** Counts by key, each for a limited time. Simultaneous counts are counted one after the other. */
export interface Counter {
  /** True while nothing is counted under any key; undefined if that is not known synchronously. */
  readonly isEmpty?: boolean;
  /** Adds one. The time of a key runs from its first count; without `seconds` it is the counter's own time. */
  add(key: string, seconds?: number): MaybePromise<Count>;
  /** How long the key still has a count; 0 if it has none. */
  remainingMs(key: string): MaybePromise<number>;
  /** The same by the counts of this process only, synchronously. */
  remainingMsHere(key: string): number;
  /** Sets the count of the key to exactly one, for the whole time. */
  renew(key: string): Promise<void>;
  delete(key: string): Promise<void>;
}

export interface CounterOptions {
  /** Distinguishes the counter from others. */
  readonly name: string;
  /** How long a count lasts. */
  readonly seconds: number;
  /** How many keys this process keeps. */
  readonly maxKeys: number;
}

export type CounterFactory = (options: CounterOptions) => Counter;
