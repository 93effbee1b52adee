/** An average that tokens stay below by far; a few that are larger take the room of others. */
const BYTES_PER_ENTRY = 4096;
/**
 * The end of a token that differs from one to the next: an HMAC with SHA-256 in base64url, or the second half of a
 * signature by EdDSA or ES256, or as much of one by RS256.
 */
const ID_LENGTH = 43;

interface Entry<T> {
  /** The whole text: what only ends alike is another token. */
  readonly token: string;
  /** The key under which the signature was found right. */
  readonly key: object;
  readonly value: T;
  readonly bytes: number;
  wasUsed: boolean;
}

/** The keys that tokens may have been signed with. */
export interface AcceptedKeys {
  /** True for the very key that is accepted now. */
  accepts(key: object): boolean;
}

/**
 * Tokens whose signature was found right, and what they state. Only what depends on nothing but the text and the key
 * may be kept here: the time, the user and everything else that can change is checked each time.
 *
 * Bounded in entries and, with 4 KiB for each of them, in bytes. When it is full, of those that were not used since it
 * was last full the oldest goes, so that tokens which come once do not push out those that come again.
 */
export class VerifiedTokens<T> {
  readonly #entries = new Map<string, Entry<T>>();
  readonly #maxBytes: number;
  /** Goes round the entries: from the start each time it would pass over all that has gone there. */
  #hand: Iterator<[string, Entry<T>]> = this.#entries.entries();
  #bytes = 0;

  /** @param maxEntries 0 for none at all */
  constructor(private readonly maxEntries: number) {
    this.#maxBytes = maxEntries * BYTES_PER_ENTRY;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** What the tokens take in memory, at most. */
  get bytes(): number {
    return this.#bytes;
  }

  /** What a token states that a key has signed which is accepted now. */
  find(token: string, keys: AcceptedKeys): T | undefined {
    const entry = this.#entries.get(idOf(token));
    if (entry?.token !== token || !keys.accepts(entry.key)) return undefined;
    entry.wasUsed = true;
    return entry.value;
  }

  /**
   * Remembers a token that the key has signed.
   * @param valueBytes what the value takes in memory, at most
   */
  add(token: string, key: object, value: T, valueBytes: number): void {
    const bytes = valueBytes + token.length;
    if (bytes > this.#maxBytes) return;
    const own = ownText(token);
    const id = idOf(own);
    this.#remove(id);
    while (this.#entries.size >= this.maxEntries || this.#bytes + bytes > this.#maxBytes) this.#makeRoom();
    this.#entries.set(id, { token: own, key, value, bytes, wasUsed: false });
    this.#bytes += bytes;
  }

  #makeRoom(): void {
    let turn = this.#hand.next();
    if (turn.done === true) {
      this.#hand = this.#entries.entries();
      turn = this.#hand.next();
    }
    if (turn.done === true) return;
    const [id, entry] = turn.value;
    if (entry.wasUsed) entry.wasUsed = false;
    else this.#remove(id);
  }

  #remove(id: string): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    this.#entries.delete(id);
    this.#bytes -= entry.bytes;
  }
}

function idOf(token: string): string {
  return token.slice(-ID_LENGTH);
}

/** Part of a header would keep all of it in memory, however long. What is signed is ASCII. */
function ownText(token: string): string {
  return Buffer.from(token, 'latin1').toString('latin1');
}
