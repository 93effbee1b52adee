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
  /** How many entries are kept at once, from 1 to 10000000; a new one beyond is refused with 503. @default 100000 */
  readonly maxEntries?: number;
  /** For tests. @default Date.now */
  readonly clock?: Clock;
}

const OPTIONS = {
  maxEntries: optional(wholeNumber({ min: 1, max: 10_000_000 }), 100_000),
  clock: optional(callable<Clock>(), Date.now),
};

/** How many ended entries leave with each call: more than one, so that a store that shrank gets small again. */
const SWEPT = 4;

const EMPTY_ENOUGH = 0.9;

interface Entry extends Ending {
  readonly key: string;
  readonly owner: string | undefined;
  value: string;
}

/**
 * Keeps state in this process alone: for tests, and for an app that runs as one process and may forget its logins and
 * API keys when it restarts. An app of several processes needs SqlState or RedisState.
 *
 * Ended entries leave by and by, and first of all where room is needed. When it is full of live ones, new entries are
 * refused with 503 and a `degraded` problem; those that are there can still be swapped and deleted. `recovered` follows
 * when a tenth of the room is free. An entry of a usual size takes about 1 KB.
 *
 * @example class Tokens extends TokenService { constructor() { super({ secret, state: new MemoryState() }); } }
 */
export class MemoryState implements StateStoreInterface, ProblemSource {
  /** Tells the readers of this process; its begin is when it was made, since what was revoked before is lost. */
  readonly revocationLog: RevocationLogInterface;
  readonly #entries = new ShardedMap<Entry>();
  readonly #owners = new ShardedMap<Set<Entry>>();
  readonly #ends = new EndingHeap<Entry>();
  readonly #problems = new ProblemBoard();
  readonly #maxEntries: number;
  readonly #clock: Clock;
  #isFull = false;

  /** @throws ConfigurationError for options that are unknown or out of bounds */
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

  /** How many entries there are; some of them may have ended. */
  get size(): number {
    return this.#entries.size;
  }

  /** @throws TypeError for what is no key */
  get(key: string): string | undefined {
    checkKey(key);
    return this.#find(key, this.#now())?.value;
  }

  /**
   * @throws TypeError for what is out of bounds, a value that does not change, and another owner than the entry has
   * @throws ServiceUnavailableError for a new entry where there is no room
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

  /** @throws TypeError for what is no key */
  delete(key: string): boolean {
    checkKey(key);
    const entry = this.#find(key, this.#now());
    if (entry === undefined) return false;
    this.#remove(entry);
    return true;
  }

  /** @throws TypeError for what is no owner */
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

  /** The time, after a few of those that have ended by then have left. */
  #now(): number {
    const now = this.#clock();
    // Nothing would be later than it, so that all would have ended.
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

  /** @throws ServiceUnavailableError where there is no room: to drop a live entry would end somebody's login */
  #add(entry: Entry): void {
    // What has ended has made room in #now().
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
    // At the brim it would be told with every entry.
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
