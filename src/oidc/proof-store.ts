import { PROBLEM_SOURCE, type ProblemListener, type ProblemSource } from '../core/events';
import { ProblemBoard } from '../core/problem-board';
import type { MaybePromise } from '../core/userstore';
import { ServiceUnavailableError } from '../errors';
import type { Clock } from '../util/clock';
import { callable, optional, wholeNumber } from '../util/option-kinds';
import { parseOptions } from '../util/parse-options';

/** Records used proofs, so that no proof counts twice. */
export interface ProofStore {
  /**
   * Records an id until a time. Of several simultaneous calls with the same id, in any process, exactly one returns
   * true.
   * @returns the literal true if the id was new
   * @throws ServiceUnavailableError when the store cannot answer
   */
  add(id: string, expiresAt: Date): MaybePromise<boolean>;
}

/** The options of {@link MemoryProofStore}. */
export interface MemoryProofStoreOptions {
  /** How many proofs are recorded at once, from 1 to 10000000; further proofs are refused with 503. @default 100000 */
  readonly maxEntries?: number;
  /** For tests. @default Date.now */
  readonly clock?: Clock;
}

const OPTIONS = {
  maxEntries: optional(wholeNumber({ min: 1, max: 10_000_000 }), 100_000),
  clock: optional(callable<Clock>(), Date.now),
};

/** The minimum time between two full searches for expired proofs. */
const LOOK_EVERY_MS = 1000;

const EMPTY_ENOUGH = 0.9;

/**
 * Records proofs in this process only: if an app runs in several processes, each proof counts once in each process.
 * When the store is full, proofs are refused with 503 until one expires: a dropped proof could be used again.
 */
export class MemoryProofStore implements ProofStore, ProblemSource {
  readonly #expiries = new Map<string, number>();
  readonly #problems = new ProblemBoard();
  readonly #maxEntries: number;
  readonly #clock: Clock;
  #lookedAt = -Infinity;
  #isFull = false;

  /** @throws ConfigurationError for options that are unknown or out of bounds */
  constructor(options?: MemoryProofStoreOptions) {
    const { maxEntries, clock } = parseOptions('MemoryProofStore', options, OPTIONS);
    this.#maxEntries = maxEntries;
    this.#clock = clock;
  }

  get size(): number {
    return this.#expiries.size;
  }

  add(id: string, expiresAt: Date): boolean {
    const [now, expiry] = [this.#clock(), expiresAt.getTime()];
    // An expired proof cannot be recorded, so it could be used again: refuse it. A broken clock also leads here.
    if (!(expiry > now)) return false;
    this.#dropOldest(now);
    const known = this.#expiries.get(id);
    if (known !== undefined && !(known <= now)) return false;
    if (known === undefined && this.#expiries.size >= this.#maxEntries) this.#makeRoom(now);
    // With a limit just below the maximum, it would be reported at every proof.
    if (this.#expiries.size <= this.#maxEntries * EMPTY_ENOUGH) this.#tell(false);
    this.#expiries.set(id, expiry);
    return true;
  }

  [PROBLEM_SOURCE](listener: ProblemListener): () => void {
    return this.#problems.listen(listener);
  }

  /** All proofs live equally long, so the first to expire are in front. */
  #dropOldest(now: number): void {
    for (const [id, expiry] of this.#expiries) {
      if (expiry > now) return;
      this.#expiries.delete(id);
    }
  }

  /** @throws ServiceUnavailableError when there is no room */
  #makeRoom(now: number): void {
    if (Math.abs(now - this.#lookedAt) >= LOOK_EVERY_MS) {
      this.#lookedAt = now;
      for (const [id, expiry] of this.#expiries) if (expiry <= now) this.#expiries.delete(id);
    }
    if (this.#expiries.size < this.#maxEntries) return;
    this.#tell(true);
    throw new ServiceUnavailableError({ cause: new Error('The store of proofs is full') });
  }

  #tell(isFull: boolean): void {
    if (isFull === this.#isFull) return;
    this.#isFull = isFull;
    this.#problems.report({
      type: isFull ? 'degraded' : 'recovered',
      component: 'MemoryProofStore',
      problem: isFull
        ? `${String(this.#maxEntries)} proofs are recorded, and more are refused: raise maxEntries`
        : 'proofs are recorded again',
    });
  }
}
