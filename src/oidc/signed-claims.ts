import type { Claims } from './access-token';
import { freezeJson, parseJsonObject } from '../tokens/json';
import { invalid } from '../tokens/jws';
import { signerOf } from './jose';
import type { KeySource } from './key-source';
import { readJwsHeader } from './token-header';

export interface SignedClaims {
  readonly claims: Claims;
  readonly algorithm: string;
}

export interface SignedPolicy {
  readonly algorithms: readonly string[];
  /** In lower case; a token may also have no type. */
  readonly types: readonly string[];
  readonly maxLength: number;
}

/**
 * The claims of a JWT that the issuer has signed. Nothing but the signature and the header is checked here.
 * @throws TokenInvalidError for every other token, ServiceUnavailableError when the keys are unavailable
 * @see RFC 7515 section 5.2
 */
export async function readSigned(
  token: string,
  policy: SignedPolicy,
  keys: KeySource,
): Promise<SignedClaims> {
  const { algorithm, kid, type } = readJwsHeader(token, policy.algorithms, policy.maxLength);
  if (type !== undefined && !policy.types.includes(type))
    throw invalid('typ is that of another kind of token');
  if ((await signerOf(token, await keys.find(algorithm, kid), algorithm)) === undefined) {
    throw invalid('The signature is wrong');
  }
  const claims = parseJsonObject(Buffer.from(token.split('.', 2)[1] ?? '', 'base64url'));
  if (claims === undefined) throw invalid('The payload is no claims set');
  freezeJson(claims);
  return { claims, algorithm };
}

/** An own property of the claims; undefined if it is absent. */
export function claimOf(claims: Claims, name: string): unknown {
  return Object.hasOwn(claims, name) ? claims[name] : undefined;
}

/** @throws TokenInvalidError when the claim is present but not a non-empty string */
export function textOf(claims: Claims, name: string): string | undefined {
  const value = claimOf(claims, name);
  if (value === undefined || (typeof value === 'string' && value !== '')) return value;
  throw invalid(`${name} is no text, or empty`);
}

/** In milliseconds. @throws TokenInvalidError when the claim is present but not a NumericDate */
export function timeOf(claims: Claims, name: string): number | undefined {
  const value = claimOf(claims, name);
  if (value === undefined) return undefined;
  if (typeof value === 'number' && value >= 0 && value <= 8.64e12) return Math.round(value * 1000);
  throw invalid(`${name} is no NumericDate`);
}

/** The names in `aud`. @throws TokenInvalidError when the client is not among them */
export function audienceOf(claims: Claims, clientId: string): readonly unknown[] {
  const aud = claimOf(claims, 'aud');
  const names: readonly unknown[] = Array.isArray(aud) ? (aud as unknown[]) : [aud];
  if (!names.every((name) => typeof name === 'string') || !names.includes(clientId)) {
    throw invalid('aud has not the option clientId');
  }
  return names;
}
