import type { FileKey } from './key-file-text';
import type { KeyTimes } from './key-ring';
import { newKey } from './new-key';
import { DEFAULT_ALGORITHM, type TokenAlgorithm } from './token-key';

/** Times in milliseconds. */
export interface RotationOptions {
  /** The keys as they stand in the file. */
  readonly keys: readonly FileKey[];
  readonly times: readonly KeyTimes[];
  /** Undefined for the algorithm of the key that signs before the new key. */
  readonly algorithm: TokenAlgorithm | undefined;
  readonly now: number;
  /** When the new key signs. */
  readonly signFrom: number;
  /** Until when the replaced keys are accepted. */
  readonly until: number;
}

export interface Rotation {
  readonly keys: readonly FileKey[];
  /** The kid of the new key. */
  readonly kid: string;
  /** How many keys have been given an `until`. */
  readonly replaced: number;
  /** How many keys were past their `until` and have been removed. */
  readonly dropped: number;
}

/** Adds a key, sets `until` on each key that signed so far and has no end, and removes the keys that have ended. */
export function rotateKeys({ keys, times, algorithm, now, signFrom, until }: RotationOptions): Rotation {
  let replaced = 0;
  const alive = keys.flatMap((key, index) => {
    const own = times[index];
    if (own === undefined || own.until <= now) return [];
    const isReplaced = own.signFrom !== undefined && own.signFrom <= signFrom && own.until === Infinity;
    if (!isReplaced) return [key];
    replaced += 1;
    return [{ ...key, until: new Date(until).toISOString() }];
  });
  const added = newKey(algorithm ?? presentAlgorithm(times, signFrom), new Date(signFrom));
  return { keys: [added, ...alive], kid: added.kid, replaced, dropped: keys.length - alive.length };
}

/** True if at each moment from now until the new key signs, some key may sign. */
export function signsThroughout(times: readonly KeyTimes[], now: number, signFrom: number): boolean {
  const ends = times.map(({ until }) => until).filter((end) => end > now && end < signFrom);
  return [now, ...ends].every((moment) =>
    times.some((key) => key.signFrom !== undefined && key.signFrom <= moment && moment < key.until),
  );
}

function presentAlgorithm(times: readonly KeyTimes[], signFrom: number): TokenAlgorithm {
  const [latest] = times
    .filter((key) => key.signFrom !== undefined && key.signFrom <= signFrom)
    .toSorted((one, other) => Number(other.signFrom) - Number(one.signFrom));
  return latest?.algorithm ?? DEFAULT_ALGORITHM;
}
