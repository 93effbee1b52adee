import type { Clock } from '../util/clock';
import type { StoredKey } from './key-row';

const MAX_ENTRIES = 1000;

/** Keys that were right, for a short time. What anybody can send takes no place in it. */
export class KeyCache {
  readonly #entries = new Map<string, { readonly key: StoredKey; readonly until: number }>();
  #changes = 0;

  /** @param milliseconds 0: nothing is kept */
  constructor(
    private readonly milliseconds: number,
    private readonly clock: Clock,
  ) {}

  /** Grows with each that ends, so that what was read before is not kept after. */
  get changes(): number {
    return this.#changes;
  }

  get(id: string): StoredKey | undefined {
    const entry = this.#entries.get(id);
    if (entry === undefined) return undefined;
    const left = entry.until - this.clock();
    // A clock that was set back must not make it live longer.
    if (left > 0 && left <= this.milliseconds) return entry.key;
    this.#entries.delete(id);
    return undefined;
  }

  /** @param changes as they were when it was asked for */
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

  /** Drops those of a user. */
  forget(username: string): void {
    this.#changes += 1;
    for (const [id, { key }] of this.#entries) if (key.user === username) this.#entries.delete(id);
  }

  clear(): void {
    this.#changes += 1;
    this.#entries.clear();
  }
}
