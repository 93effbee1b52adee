import type { KeyObject } from 'node:crypto';
import { invalid } from '../tokens/jws';
import { printable } from '../util/printable';
import { readVerifyKey, type VerifyKey } from './public-key';

/** How many keys with the same kid are tried. */
const MAX_CANDIDATES = 4;

/** The keys that an issuer published at one time, for verifying tokens. */
export class KeySet {
  readonly #keys: readonly VerifyKey[];
  readonly #present: ReadonlySet<KeyObject>;
  /** The skipped keys, each with the reason. */
  readonly skipped: readonly string[];

  /** @param jwks the `keys` of a JSON Web Key Set */
  constructor(jwks: readonly unknown[]) {
    const skipped: string[] = [];
    const keys: VerifyKey[] = [];
    for (const [index, jwk] of jwks.entries()) {
      const read = readVerifyKey(jwk);
      if (read === undefined) continue;
      if ('key' in read) keys.push(read);
      else skipped.push(`${nameOf(jwk, index)}: ${read.fault}`);
    }
    this.#keys = keys;
    this.#present = new Set(keys.map(({ key }) => key));
    this.skipped = skipped;
  }

  /** True if some key fits one of the algorithms. */
  fits(algorithms: readonly string[]): boolean {
    return this.#keys.some((key) => key.algorithms.some((algorithm) => algorithms.includes(algorithm)));
  }

  has(key: KeyObject): boolean {
    return this.#present.has(key);
  }

  /**
   * The keys that may have signed a token, at most 4.
   * @throws TokenInvalidError when the token names no key and several fit
   * @see RFC 7515 section 4.1.4
   */
  matching(algorithm: string, kid: string | undefined): readonly KeyObject[] {
    const matching = this.#keys.filter(
      (key) => key.algorithms.includes(algorithm) && (kid === undefined || key.kid === kid),
    );
    if (kid === undefined && matching.length > 1) throw invalid('It has no kid, and several keys fit');
    return matching.slice(0, MAX_CANDIDATES).map(({ key }) => key);
  }
}

function nameOf(jwk: unknown, index: number): string {
  const kid: unknown = (jwk as { kid?: unknown } | null)?.kid;
  return typeof kid === 'string' ? `'${printable(kid, 100)}'` : `number ${String(index + 1)}`;
}
