import { hash } from 'node:crypto';
import type { Clock } from '../util/clock';
import type { Count, Counter } from './counter';

/** How many keys are looked at when one has to go. */
const CANDIDATES = 8;
/** How many are looked at whenever one is counted: more than one, so that those that have run out get fewer. */
const SWEPT = 2;

interface Entry {
  total: number;
  until: number;
}

/**
 * Counts in this process, for as many keys as the bound allows, each about 170 bytes however long it is. Where one
 * has to go it is, of a few in their turn, the one that counts least: whoever fills the memory with fresh keys pushes
 * out other fresh ones, and not those that were counted often or have long to wait.
 *
 * There are no timers: what has run out goes when its key is looked at, or while others are counted.
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
    // Each right password asks.
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

  /** Where the entry has run out, or was pushed out, nothing is taken back, or tries could be saved up. */
  #takeBack(id: string, entry: Entry): void {
    if (this.#find(id) !== entry) return;
    entry.total -= 1;
    // A key under which nothing is left goes: tries that leave nothing behind must not push out others' failures.
    if (entry.total < 1) this.#entries.delete(id);
  }

  #find(id: string): Entry | undefined {
    const entry = this.#entries.get(id);
    if (entry === undefined) return undefined;
    const now = this.now();
    // Where the clock was put back nobody waits for longer than the whole time.
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
        // What has run out is gone then.
        if (this.#find(id) === undefined || (least !== undefined && !isLighter(entry, least))) return;
        lightest = id;
        least = entry;
      });
    }
    if (lightest !== undefined && this.#entries.size >= this.maxKeys) this.#entries.delete(lightest);
  }
}

/** Goes round a map: from its start each time it would pass over all that has gone there. */
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

/** Of one length, and a string of its own: a part of a header would keep all of it in memory, the password too. */
function idOf(key: string): string {
  return hash('sha256', key, 'binary');
}
