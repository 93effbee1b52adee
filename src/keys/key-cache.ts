import type { Clock } from '../util/clock';
import type { StoredKey } from './key-row';

const MAX_ENTRIES = 1000;

/** Caches valid keys for a short time. A client cannot fill the cache with invalid keys. */
export class KeyCache {
  readonly #entries = new Map<string, { readonly key: StoredKey; readonly until: number }>();
  #changes = 0;

  /** @param milliseconds 0 disables the cache */
  constructor(
    private readonly milliseconds: number,
    private readonly clock: Clock,
  ) {}

  /** Grows with every ended key, so that a key that was read before is not cached after. */
  get changes(): number {
    return this.#changes;
  }

  get(id: string): StoredKey | undefined {
    const entry = this.#entries.get(id);
    if (entry === undefined) return undefined;
    const left = entry.until - this.clock();
    // A clock that was set back must not extend the life of an entry.
    if (left > 0 && left <= this.milliseconds) return entry.key;
    this.#entries.delete(id);
    return undefined;
  }

  /** @param changes the {@link changes} at the time when the key was requested */
  add(key: StoredKey, changes: number): void {
    if (this.milliseconds === 0 || changes !== this.#changes) return;
    this.#entries.delete(key.id);
    if (this.#entries.size >= MAX_ENTRIES) {
      for (const id of this.#entries.keys()) {
        this.#entries.delete(id);
        break;
      }
    }
    this.#entries.set(key.id, { key, until: this.clock() + this.milliseconds });
  }

  end(id: string): void {
    this.#changes += 1;
    this.#entries.delete(id);
  }

  /** Drops the keys of a user. */
  forget(username: string): void {
    this.#changes += 1;
    for (const [id, { key }] of this.#entries) if (key.user === username) this.#entries.delete(id);
  }

  clear(): void {
    this.#changes += 1;
    this.#entries.clear();
  }
}
