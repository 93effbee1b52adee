/** A larger entry has an ID token, and would take the room of many entries. */
const MAX_LENGTH = 4096;

interface Known<T> {
  readonly text: string;
  readonly record: T;
}

/**
 * Caches parsed entries. The store is still asked each time, and a record is reused only for exactly the same text, so
 * each text is parsed and checked once. Cached records never change. Bounded; it holds only entries that were read.
 */
export class KnownRecords<T> {
  readonly #known = new Map<string, Known<T>>();

  constructor(private readonly maxEntries: number) {}

  get size(): number {
    return this.#known.size;
  }

  /** @param read parses a text into a record, or throws, so that nothing is cached */
  of(id: string, text: unknown, read: (text: unknown) => T): T {
    const known = this.#known.get(id);
    if (known !== undefined && known.text === text) return known.record;
    const record = read(text);
    this.#known.delete(id);
    if (typeof text !== 'string' || text.length > MAX_LENGTH) return record;
    for (const oldest of this.#known.keys()) {
      if (this.#known.size < this.maxEntries) break;
      this.#known.delete(oldest);
    }
    this.#known.set(id, { text, record: frozen(record) });
    return record;
  }
}

/** Many requests share a record. */
function frozen<T>(json: T): T {
  if (typeof json === 'object' && json !== null) Object.values(Object.freeze(json)).forEach(frozen);
  return json;
}
