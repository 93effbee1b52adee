/** The memory budget per token, which most tokens stay far below. A few larger tokens use the budget of others. */
const BYTES_PER_ENTRY = 4096;
/**
 * The length of the end of a token that identifies it: an HMAC with SHA-256 in base64url, or the second half of a
 * signature by EdDSA or ES256, or the same length of a signature by RS256.
 */
const ID_LENGTH = 43;

interface Entry<T> {
  /** The whole text, since another token may have the same end. */
  readonly token: string;
  /** The key that verified the signature. */
  readonly key: object;
  readonly value: T;
  readonly bytes: number;
  wasUsed: boolean;
}

/** The keys that tokens may have been signed with. */
export interface AcceptedKeys {
  /** True if exactly this key object is accepted now. */
  accepts(key: object): boolean;
}

/**
 * Tokens with a verified signature, and their content. A cached value may depend on the text and the key only: the
 * time, the user and everything else that can change is checked each time.
 *
 * The cache is bounded in entries and, at 4 KiB per entry, in bytes. When it is full, it drops the oldest of the tokens
 * that have not been used since it was last full, so that tokens that come once do not displace tokens that come again.
 */
export class VerifiedTokens<T> {
  readonly #entries = new Map<string, Entry<T>>();
  readonly #maxBytes: number;
  /** Cycles through the entries, and starts again after the last entry. */
  #hand: Iterator<[string, Entry<T>]> = this.#entries.entries();
  #bytes = 0;

  /** @param maxEntries 0 disables the cache */
  constructor(private readonly maxEntries: number) {
    this.#maxBytes = maxEntries * BYTES_PER_ENTRY;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** An upper bound of the memory that the tokens take. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The content of a cached token, if the key that signed it is still accepted. */
  find(token: string, keys: AcceptedKeys): T | undefined {
    const entry = this.#entries.get(idOf(token));
    if (entry?.token !== token || !keys.accepts(entry.key)) return undefined;
    entry.wasUsed = true;
    return entry.value;
  }

  /**
   * Caches a token that the key has signed.
   * @param valueBytes an upper bound of the memory that the value takes
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

/** A slice of the request's header would keep the whole header in memory, however long it is. Signed text is ASCII. */
function ownText(token: string): string {
  return Buffer.from(token, 'latin1').toString('latin1');
}
