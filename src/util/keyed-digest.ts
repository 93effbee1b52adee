import { createHmac, createSecretKey, randomBytes } from 'node:crypto';

/** Digests under a key of its own, which is never stored: no part can be read from them, or guessed without the key. */
export class KeyedDigest {
  readonly #key = createSecretKey(randomBytes(32));

  of(...parts: readonly string[]): string {
    // With their lengths in front no part can run into the next.
    const lengths = parts.map(({ length }) => length).join(':');
    // UTF-8 has one replacement for all halves of surrogate pairs, which a password in JSON may have.
    return createHmac('sha256', this.#key)
      .update(`${lengths}:${parts.join('')}`, 'utf16le')
      .digest('base64');
  }
}
