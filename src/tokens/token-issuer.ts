/**
 * Inspects a token before any verification, to find the provider that it is meant for. The result must serve no other
 * purpose: the provider that verifies the token compares the issuer again.
 */
import { parseJsonObject } from './json';

/** The apparent form of a token. */
export type TokenLook =
  | {
      readonly kind: 'jwt';
      /** The issuer as it stands in the payload; undefined if it is not a string. */
      readonly issuer: string | undefined;
    }
  /** Encrypted: five parts. */
  | { readonly kind: 'jwe' }
  | { readonly kind: 'opaque' };

/** Node's limit for all headers of a request. */
const MAX_LENGTH = 16_384;

const OPAQUE: TokenLook = { kind: 'opaque' };
const ENCRYPTED: TokenLook = { kind: 'jwe' };

/**
 * Three parts with a readable JSON payload are a JWT (RFC 7519 section 3), five parts a JWE; everything else is opaque.
 */
export function lookAt(token: string): TokenLook {
  if (token.length > MAX_LENGTH) return OPAQUE;
  const parts = token.split('.', 6);
  if (parts.length === 5) return ENCRYPTED;
  const [, payload] = parts;
  if (parts.length !== 3 || payload === undefined) return OPAQUE;
  const claims = parseJsonObject(Buffer.from(payload, 'base64url'));
  if (claims === undefined) return OPAQUE;
  const issuer = Object.hasOwn(claims, 'iss') ? claims['iss'] : undefined;
  return { kind: 'jwt', issuer: typeof issuer === 'string' ? issuer : undefined };
}

/** True for a JWT that states this issuer. */
export function isIssuedBy(token: string, issuer: string): boolean {
  const look = lookAt(token);
  return look.kind === 'jwt' && look.issuer === issuer;
}
