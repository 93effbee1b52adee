/** A few kilobytes: what is larger has an ID token, and would take the room of many. */
const MAX_LENGTH = 4096;

interface Known<T> {
  readonly text: string;
  readonly record: T;
}

/**
 * Entries as they were read last, for the very text alone: a store is asked each time, and what it answers is parsed and
 * looked at once. What is kept never changes. Bounded; only entries that there are come in.
 */
export class KnownRecords<T> {
  readonly #known = new Map<string, Known<T>>();

  constructor(private readonly maxEntries: number) {}

  get size(): number {
    return this.#known.size;
  }

  /** @param read makes a record of a text, or throws; then nothing is kept */
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

/** It goes to one request after the other. */
function frozen<T>(json: T): T {
  if (typeof json === 'object' && json !== null) Object.values(Object.freeze(json)).forEach(frozen);
  return json;
}
