/** A shorter secret is a part of too many texts that have nothing to do with it. */
const MIN_PART = 8;

/** Characters that JSON writes as they are, as all of a hash are. */
const IS_PLAIN = /^[!#-[\]-~]*$/;

/** The stored hashes that must not leave with a user. */
export class Secrets {
  private constructor(private readonly values: readonly string[]) {}

  /** @returns undefined when there is nothing to protect */
  static of(...candidates: readonly unknown[]): Secrets | undefined {
    const values: string[] = [];
    for (const candidate of candidates) {
      if (typeof candidate !== 'string' || candidate === '' || values.includes(candidate)) continue;
      values.push(candidate);
      if (IS_PLAIN.test(candidate)) continue;
      // A record may keep itself as JSON.
      const escaped = JSON.stringify(candidate).slice(1, -1);
      if (escaped !== candidate) values.push(escaped);
    }
    return values.length === 0 ? undefined : new Secrets(values);
  }

  /** True when a text is a secret or, for one that is long enough, has it as a part. */
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

  /** The same for the name of a property. One that a user chose as a plaintext password is a name of the code. */
  isInName(key: PropertyKey): boolean {
    return this.isIn(typeof key === 'symbol' ? (key.description ?? '') : String(key)) && !this.areTypeable;
  }

  /**
   * True when a secret has none of the signs of a hash, so that a user can have chosen it to equal another field.
   * To leave that field out would take from a policy what it decides by, such as `status: 'blocked'`.
   */
  get areTypeable(): boolean {
    return this.values.some((value) => !/[${]/.test(value));
  }
}
