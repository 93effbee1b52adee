import { hash } from 'node:crypto';
import type { Clock } from '../util/clock';
import type { Count, Counter } from './counter';

/** How many keys are considered when one has to be removed. */
const CANDIDATES = 8;
/** How many keys are checked for expiry at each count: more than one, so that expired keys become fewer. */
const SWEPT = 2;

interface Entry {
  total: number;
  until: number;
}

/**
 * Counts in this process, for a bounded number of keys, each about 170 bytes regardless of its length. If a key has to
 * be removed, a few keys are considered in rotation, and the one with the lowest count goes. So a client that fills the
 * memory with fresh keys pushes out other fresh keys, and not those with many counts or a long wait.
 *
 * There are no timers: an expired key is removed when it is looked up, or while others are counted.
 */
export class MemoryCounter implements Counter {
  readonly #entries = new Map<string, Entry>();
  readonly #candidates = new Turns(this.#entries);
  readonly #sweep = new Turns(this.#entries);
  readonly #maxMs: number;

  constructor(
    seconds: number,
    private readonly maxKeys: number,
    private readonly now: Clock = () => Date.now(),
  ) {
    this.#maxMs = seconds * 1000;
  }

  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  add(key: string, seconds?: number): Count {
    const id = idOf(key);
    const entry = this.#find(id) ?? this.#fresh(seconds);
    entry.total += 1;
    this.#put(id, entry);
    const takeBack = (): Promise<void> => {
      this.#takeBack(id, entry);
      return Promise.resolve();
    };
    return { total: entry.total, takeBack, takeBackHere: takeBack };
  }

  remainingMs(key: string): number {
    // This runs for each right password.
    if (this.#entries.size === 0) return 0;
    const entry = this.#find(idOf(key));
    return entry === undefined ? 0 : entry.until - this.now();
  }

  remainingMsHere(key: string): number {
    return this.remainingMs(key);
  }

  renew(key: string): Promise<void> {
    this.#put(idOf(key), { ...this.#fresh(), total: 1 });
    return Promise.resolve();
  }

  delete(key: string): Promise<void> {
    this.#entries.delete(idOf(key));
    return Promise.resolve();
  }

  #fresh(seconds?: number): Entry {
    const ms = seconds === undefined ? this.#maxMs : seconds * 1000;
    return { total: 0, until: this.now() + ms };
  }

  /** An entry that has expired or was pushed out takes nothing back: otherwise attempts could be saved up. */
  #takeBack(id: string, entry: Entry): void {
    if (this.#find(id) !== entry) return;
    entry.total -= 1;
    // A key without counts is removed: attempts that leave no count must not push out other keys' failures.
    if (entry.total < 1) this.#entries.delete(id);
  }

  #find(id: string): Entry | undefined {
    const entry = this.#entries.get(id);
    if (entry === undefined) return undefined;
    const now = this.now();
    // If the clock was set back, no key waits longer than the whole time.
    entry.until = Math.min(entry.until, now + this.#maxMs);
    if (now < entry.until) return entry;
    this.#entries.delete(id);
    return undefined;
  }

  #put(id: string, entry: Entry): void {
    for (let looked = 0; looked < SWEPT; looked += 1) this.#sweep.next((other) => this.#find(other));
    if (!this.#entries.has(id) && this.#entries.size >= this.maxKeys) this.#makeRoom();
    this.#entries.set(id, entry);
  }

  #makeRoom(): void {
    let lightest: string | undefined;
    let least: Entry | undefined;
    for (let looked = 0; looked < Math.min(CANDIDATES, this.maxKeys); looked += 1) {
      this.#candidates.next((id, entry) => {
        // An expired entry has been removed by this lookup.
        if (this.#find(id) === undefined || (least !== undefined && !isLighter(entry, least))) return;
        lightest = id;
        least = entry;
      });
    }
    if (lightest !== undefined && this.#entries.size >= this.maxKeys) this.#entries.delete(lightest);
  }
}

/** Iterates over a map in rotation: starting anew each time would pass over all entries deleted at the start. */
class Turns<K, V> {
  #iterator: Iterator<[K, V]>;

  constructor(private readonly map: ReadonlyMap<K, V>) {
    this.#iterator = map.entries();
  }

  next(look: (key: K, value: V) => unknown): void {
    let turn = this.#iterator.next();
    if (turn.done === true) {
      this.#iterator = this.map.entries();
      turn = this.#iterator.next();
    }
    if (turn.done !== true) look(...turn.value);
  }
}

function isLighter(entry: Entry, other: Entry): boolean {
  return entry.total === other.total ? entry.until < other.until : entry.total < other.total;
}

/**
 * Fixed length and a string of its own: a substring of a header would keep the whole header in memory, including the
 * password.
 */
function idOf(key: string): string {
  return hash('sha256', key, 'binary');
}
