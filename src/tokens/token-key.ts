import type { KeyObject } from 'node:crypto';
import { types } from 'node:util';
import type { Jwk } from '../util/jwk';
import { kind, oneOf, optional, unchecked } from '../util/option-kinds';
import type { Kind } from '../util/parse-options';

/** How tokens are signed. `EdDSA` is Ed25519. @see RFC 7518 section 3.1, RFC 8037 section 3.1 */
export type TokenAlgorithm = 'HS256' | 'EdDSA' | 'ES256' | 'RS256';

/** A key that tokens are signed or verified with. */
export interface TokenKey {
  /** The one algorithm that it is used with. */
  algorithm: TokenAlgorithm;
  /**
   * Text is PEM, for HS256 the secret itself; bytes are PEM or DER (PKCS #8 or SPKI), for HS256 the secret. A secret has
   * at least 32 bytes, an RSA key at least 2048 bits and the exponent 65537. With a public key tokens are only verified.
   */
  key: string | Uint8Array | KeyObject | Jwk;
  /**
   * By which tokens name it, at most 256 printable ASCII characters. `null` is for one key of HS256: it accepts tokens
   * that name no key, and never signs. @default that of the JWK, or the RFC 7638 thumbprint; for HS256 a hash of the
   * secret
   */
  kid?: string | null | undefined;
  /** From when it signs. It is accepted and published at once. @default now */
  signFrom?: Date | undefined;
  /** From when it is neither accepted nor published. @default never */
  until?: Date | undefined;
}

export const TOKEN_ALGORITHMS: readonly TokenAlgorithm[] = ['HS256', 'EdDSA', 'ES256', 'RS256'];

/** Of keys that are made here. */
export const DEFAULT_ALGORITHM: TokenAlgorithm = 'EdDSA';

const KID = /^[\x20-\x7e]{1,256}$/;

export function isKid(value: unknown): value is string {
  return typeof value === 'string' && KID.test(value);
}

const date: Kind<Date> = kind(
  'must be a valid Date',
  (value) => types.isDate(value) && !Number.isNaN(Date.prototype.getTime.call(value)),
);

/** The shape of a TokenKey. What the key itself is, is looked at by its algorithm. */
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
