/** A shorter secret occurs by chance in too many unrelated strings. */
const MIN_PART = 8;

/** Characters that JSON writes unescaped. A hash has no others. */
const IS_PLAIN = /^[!#-[\]-~]*$/;

/** The stored hashes that must not leave the library with a user. */
export class Secrets {
  private constructor(private readonly values: readonly string[]) {}

  /** @returns undefined if there is no secret */
  static of(...candidates: readonly unknown[]): Secrets | undefined {
    const values: string[] = [];
    for (const candidate of candidates) {
      if (typeof candidate !== 'string' || candidate === '' || values.includes(candidate)) continue;
      values.push(candidate);
      if (IS_PLAIN.test(candidate)) continue;
      // A record may hold itself as JSON.
      const escaped = JSON.stringify(candidate).slice(1, -1);
      if (escaped !== candidate) values.push(escaped);
    }
    return values.length === 0 ? undefined : new Secrets(values);
  }

  /** True if a text equals a secret or, for a long enough secret, contains it. */
  isIn(text: string): boolean {
    for (const value of this.values) {
      if (text.length < value.length) continue;
      if (text === value || (value.length >= MIN_PART && text.includes(value))) return true;
    }
    return false;
  }

  /** The same for bytes, as UTF-8. */
  isInBytes(bytes: Buffer): boolean {
    return this.values.some((value) => {
      return value.length >= MIN_PART ? bytes.includes(value) : bytes.equals(Buffer.from(value));
    });
  }

  /** The same for the name of a property. Plaintext passwords are not searched for: such a name belongs to the code. */
  isInName(key: PropertyKey): boolean {
    return this.isIn(typeof key === 'symbol' ? (key.description ?? '') : String(key)) && !this.areTypeable;
  }

  /**
   * True if a secret does not look like a hash: a user can then have chosen it to equal another field. Leaving out that
   * field would remove a value that a policy decides by, such as `status: 'blocked'`.
   */
  get areTypeable(): boolean {
    return this.values.some((value) => !/[${]/.test(value));
  }
}
