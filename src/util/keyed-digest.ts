import { hash, randomBytes } from 'node:crypto';

/**
 * Digests under a key of the instance, which is never stored: without the key, no part can be read from them or
 * guessed. SHA-512/256 allows no length extension, so prefixing the key is enough, and HMAC, which takes twice the
 * time, is not needed.
 */
export class KeyedDigest {
  readonly #key = randomBytes(32).toString('base64');

  of(...parts: readonly string[]): string {
    let text = this.#key;
    // The length before each part keeps parts from running into each other.
    for (const part of parts) text += `${String(part.length)}:${part}`;
    // UTF-8 would replace all lone surrogates, which a password in JSON may contain, by the same character.
    return hash('sha512-256', text.isWellFormed() ? text : Buffer.from(text, 'utf16le'), 'base64');
  }
}
