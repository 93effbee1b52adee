import { PROBLEM_SOURCE, type ProblemListener, type ProblemSource } from '../core/events';
import { ProblemBoard } from '../core/problem-board';
import { ServiceUnavailableError } from '../errors';
import type { Clock } from '../util/clock';
import { callable, optional, wholeNumber } from '../util/option-kinds';
import { parseOptions, withoutContainer } from '../util/parse-options';
import { type Ending, EndingHeap } from './ending-heap';
import { checkEntry, checkKey, checkOwner } from './limits';
import { MemoryRevocationLog } from './memory-revocation-log';
import type { RevocationLogInterface } from './revocation-log';
import { ShardedMap } from './sharded-map';
import type { StateStoreInterface } from './state-store';

/** The options of {@link MemoryState}. */
export interface MemoryStateOptions {
  /** The most entries at once, 1 to 10000000; a new entry above this is refused with 503. @default 100000 */
  readonly maxEntries?: number;
  /** For tests. @default Date.now */
  readonly clock?: Clock;
}

const OPTIONS = {
  maxEntries: optional(wholeNumber({ min: 1, max: 10_000_000 }), 100_000),
  clock: optional(callable<Clock>(), Date.now),
};

/** How many ended entries are dropped with each call: more than one, so that the memory is freed over time. */
const SWEPT = 4;

const EMPTY_ENOUGH = 0.9;

interface Entry extends Ending {
  readonly key: string;
  readonly owner: string | undefined;
  value: string;
}

/**
 * Keeps state in this process alone: for tests, and for an app that runs as a single process and may forget its logins
 * and API keys when it restarts. An app with several processes needs SqlState or RedisState.
 *
 * Ended entries are dropped gradually, with each call. If the store is full of live entries, new entries are refused
 * with 503 and a `degraded` problem; existing entries can still be swapped and deleted. `recovered` follows when a
 * tenth of the room is free. An entry of a usual size takes about 1 KB.
 *
 * @example class Tokens extends TokenService { constructor() { super({ secret, state: new MemoryState() }); } }
 */
export class MemoryState implements StateStoreInterface, ProblemSource {
  /** A log for the readers in this process. It begins when the store is created: earlier revocations are lost. */
  readonly revocationLog: RevocationLogInterface;
  readonly #entries = new ShardedMap<Entry>();
  readonly #owners = new ShardedMap<Set<Entry>>();
  readonly #ends = new EndingHeap<Entry>();
  readonly #problems = new ProblemBoard();
  readonly #maxEntries: number;
  readonly #clock: Clock;
  #isFull = false;

  /** @throws ConfigurationError for unknown or out-of-bounds options */
  constructor(options?: MemoryStateOptions) {
    const { maxEntries, clock } = parseOptions('MemoryState', withoutContainer(options), OPTIONS);
    this.#maxEntries = maxEntries;
    this.#clock = clock;
    this.revocationLog = new MemoryRevocationLog({
      clock,
      report: (problem) => {
        this.#problems.report(problem);
      },
    });
  }

  /** The number of entries, including ended entries that have not been dropped yet. */
  get size(): number {
    return this.#entries.size;
  }

  /** @throws TypeError for an invalid key */
  get(key: string): string | undefined {
    checkKey(key);
    return this.#find(key, this.#now())?.value;
  }

  /**
   * @throws TypeError for an argument that is out of bounds, a value that does not change, and another owner than the
   * entry's owner
   * @throws ServiceUnavailableError for a new entry if the store is full
   */
  set(key: string, value: string, previous: string | undefined, expiresAt: Date, owner?: string): boolean {
    const now = this.#now();
    checkEntry(key, value, previous, expiresAt, owner, now);
    const present = this.#find(key, now);
    if (present?.value !== previous) return false;
    const ends = expiresAt.getTime();
    if (present === undefined) {
      if (ends > now) this.#add({ key, value, owner, ends, place: 0 });
      return true;
    }
    if (owner !== undefined && owner !== present.owner) {
      throw new TypeError('The owner of an entry never changes');
    }
    present.value = value;
    present.ends = ends;
    this.#ends.moved(present);
    return true;
  }

  /** @throws TypeError for an invalid key */
  delete(key: string): boolean {
    checkKey(key);
    const entry = this.#find(key, this.#now());
    if (entry === undefined) return false;
    this.#remove(entry);
    return true;
  }

  /** @throws TypeError for an invalid owner */
  list(owner: string): readonly (readonly [key: string, value: string])[] {
    checkOwner(owner);
    const now = this.#now();
    const live: [key: string, value: string][] = [];
    for (const entry of this.#owners.get(owner) ?? []) {
      if (entry.ends > now) live.push([entry.key, entry.value]);
      else this.#remove(entry);
    }
    return live;
  }

  [PROBLEM_SOURCE](listener: ProblemListener): () => void {
    return this.#problems.listen(listener);
  }

  /** The present time. Also drops a few entries that have ended. */
  #now(): number {
    const now = this.#clock();
    // No end would be later than NaN, so all entries would count as ended.
    if (!Number.isFinite(now)) throw new TypeError('MemoryState: the clock tells no time');
    for (let swept = 0; swept < SWEPT && this.#dropEnded(now); swept += 1);
    return now;
  }

  #dropEnded(now: number): boolean {
    const first = this.#ends.first;
    if (first === undefined || first.ends > now) return false;
    this.#remove(first);
    return true;
  }

  #find(key: string, now: number): Entry | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.ends > now) return entry;
    this.#remove(entry);
    return undefined;
  }

  /** @throws ServiceUnavailableError if the store is full: dropping a live entry would end a user's login */
  #add(entry: Entry): void {
    // #now() has already dropped ended entries.
    if (this.#entries.size >= this.#maxEntries) {
      this.#tell(true);
      throw new ServiceUnavailableError({ cause: new Error('MemoryState is full') });
    }
    this.#entries.set(entry.key, entry);
    this.#ends.add(entry);
    if (entry.owner === undefined) return;
    const own = this.#owners.get(entry.owner);
    if (own === undefined) this.#owners.set(entry.owner, new Set([entry]));
    else own.add(entry);
  }

  #remove(entry: Entry): void {
    this.#entries.delete(entry.key);
    this.#ends.remove(entry);
    // Only below 90 %: around the limit it would be reported with every entry.
    if (this.#entries.size <= this.#maxEntries * EMPTY_ENOUGH) this.#tell(false);
    if (entry.owner === undefined) return;
    const own = this.#owners.get(entry.owner);
    own?.delete(entry);
    if (own?.size === 0) this.#owners.delete(entry.owner);
  }

  #tell(isFull: boolean): void {
    if (isFull === this.#isFull) return;
    this.#isFull = isFull;
    this.#problems.report({
      type: isFull ? 'degraded' : 'recovered',
      component: 'MemoryState',
      problem: isFull
        ? `${String(this.#maxEntries)} entries are kept, and new ones are refused with 503: raise maxEntries`
        : 'new entries are kept again',
    });
  }
}
