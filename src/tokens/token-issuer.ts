/**
 * A look at a token before anything of it is verified, to find the provider that it is for. For nothing else: whoever
 * verifies it compares the issuer again.
 */
import { parseJsonObject } from './json';

/** What a token looks like. */
export type TokenLook =
  | {
      readonly kind: 'jwt';
      /** As it stands in the payload; undefined where it is no string. */
      readonly issuer: string | undefined;
    }
  /** Encrypted: five parts. */
  | { readonly kind: 'jwe' }
  | { readonly kind: 'opaque' };

/** Node takes no more in all headers of a request. */
const MAX_LENGTH = 16_384;

const OPAQUE: TokenLook = { kind: 'opaque' };
const ENCRYPTED: TokenLook = { kind: 'jwe' };

/** Three parts with a readable JSON payload are a JWT (RFC 7519 section 3), five a JWE, all else is opaque. */
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

/** True for a JWT that says it is of that issuer. */
export function isIssuedBy(token: string, issuer: string): boolean {
  const look = lookAt(token);
  return look.kind === 'jwt' && look.issuer === issuer;
}
