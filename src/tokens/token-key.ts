import type { KeyObject } from 'node:crypto';
import { types } from 'node:util';
import type { Jwk } from '../util/jwk';
import { kind, oneOf, optional, unchecked } from '../util/option-kinds';
import type { Kind } from '../util/parse-options';

/** The algorithm that tokens are signed with. `EdDSA` is Ed25519. @see RFC 7518 section 3.1, RFC 8037 section 3.1 */
export type TokenAlgorithm = 'HS256' | 'EdDSA' | 'ES256' | 'RS256';

/** A key that tokens are signed or verified with. */
export interface TokenKey {
  /** The only algorithm that the key is used with. */
  algorithm: TokenAlgorithm;
  /**
   * Text is PEM, or for HS256 the secret itself; bytes are PEM or DER (PKCS #8 or SPKI), or for HS256 the secret. A
   * secret has at least 32 bytes, an RSA key at least 2048 bits and the exponent 65537. A public key only verifies
   * tokens.
   */
  key: string | Uint8Array | KeyObject | Jwk;
  /**
   * The key id in the header of tokens, at most 256 printable ASCII characters. `null` is for one key of HS256: the key
   * accepts tokens without a `kid`, and never signs.
   * @default the `kid` of the JWK, or the RFC 7638 thumbprint; for HS256 a hash of the secret
   */
  kid?: string | null | undefined;
  /** From when the key signs. It is accepted and published at once. @default now */
  signFrom?: Date | undefined;
  /** From when the key is neither accepted nor published. @default never */
  until?: Date | undefined;
}

export const TOKEN_ALGORITHMS: readonly TokenAlgorithm[] = ['HS256', 'EdDSA', 'ES256', 'RS256'];

/** The algorithm of new keys. */
export const DEFAULT_ALGORITHM: TokenAlgorithm = 'EdDSA';

const KID = /^[\x20-\x7e]{1,256}$/;

export function isKid(value: unknown): value is string {
  return typeof value === 'string' && KID.test(value);
}

const date: Kind<Date> = kind(
  'must be a valid Date',
  (value) => types.isDate(value) && !Number.isNaN(Date.prototype.getTime.call(value)),
);

/** The shape of a TokenKey. The key itself is checked later, according to its algorithm. */
export const TOKEN_KEY = {
  algorithm: oneOf<TokenAlgorithm[]>(...TOKEN_ALGORITHMS),
  key: unchecked<unknown>(),
  kid: optional(
    kind<string | null>(
      'must be null or 1 to 256 printable ASCII characters',
      (value) => value === null || isKid(value),
    ),
  ),
  signFrom: optional(date),
  until: optional(date),
} satisfies Record<keyof TokenKey, Kind<unknown>>;
