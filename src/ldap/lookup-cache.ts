import type { Clock } from '../util/clock';

const MAX_ENTRIES = 1000;

/** Caches found values for a limited time. Concurrent lookups of the same name share one search. */
export class LookupCache<T> {
  readonly #found = new Map<string, { readonly value: T; readonly until: number }>();
  readonly #underWay = new Map<string, Promise<T | null>>();

  /** @param namesOf every name by which a value may be looked up */
  constructor(
    private readonly milliseconds: number,
    private readonly clock: Clock,
    private readonly namesOf: (value: T) => readonly string[],
  ) {}

  /** Unknown names are not cached: a new user is found at once, and unknown names cannot fill the cache. */
  find(name: string, look: () => Promise<T | null>): Promise<T | null> {
    const known = this.#found.get(name);
    if (known !== undefined && this.clock() < known.until) return Promise.resolve(known.value);
    const looking = this.#underWay.get(name);
    if (looking !== undefined) return looking;
    const search = look()
      .then((value) => {
        if (this.#underWay.get(name) === search && value !== null) this.#keep(name, value);
        return value;
      })
      .finally(() => {
        if (this.#underWay.get(name) === search) this.#underWay.delete(name);
      });
    this.#underWay.set(name, search);
    return search;
  }

  /**
   * Drops the values found under this name, under another spelling of it, and under other names of the same value. The
   * results of running searches are not cached either, because they may turn out to be the same value.
   */
  forget(name: string): void {
    this.#underWay.clear();
    const folded = fold(name);
    for (const [key, { value }] of this.#found) {
      if ([key, ...this.namesOf(value)].some((one) => fold(one) === folded)) this.#found.delete(key);
    }
  }

  clear(): void {
    this.#found.clear();
    this.#underWay.clear();
  }

  #keep(name: string, value: T): void {
    this.#found.delete(name);
    if (this.milliseconds === 0) return;
    const [oldest] = this.#found.keys();
    if (this.#found.size >= MAX_ENTRIES && oldest !== undefined) this.#found.delete(oldest);
    this.#found.set(name, { value, until: this.clock() + this.milliseconds });
  }
}

/** Normalises a name as directories compare it: case and the number of spaces do not matter. @see RFC 4518 */
function fold(name: string): string {
  return name.normalize('NFKC').toUpperCase().toLowerCase().trim().replace(/\s+/g, ' ');
}
