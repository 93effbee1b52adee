import { hash, randomBytes } from 'node:crypto';

/**
 * Digests under a key of its own, which is never stored: no part can be read from them, or guessed without the key.
 * SHA-512/256 cannot be extended, so that with the key in front it needs no HMAC, which takes twice the time.
 */
export class KeyedDigest {
  readonly #key = randomBytes(32).toString('base64');

  of(...parts: readonly string[]): string {
    let text = this.#key;
    // With its length in front no part can run into the next.
    for (const part of parts) text += `${String(part.length)}:${part}`;
    // UTF-8 has one replacement for all halves of surrogate pairs, which a password in JSON may have.
    return hash('sha512-256', text.isWellFormed() ? text : Buffer.from(text, 'utf16le'), 'base64');
  }
}
