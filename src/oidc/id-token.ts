/**
 * Checks an ID token before its user is logged in. Every comparison is written so that a NaN leads to a refusal.
 * @see OpenID Connect Core 1.0 sections 2 and 3.1.3.7
 */
import { createHash } from 'node:crypto';
import type { Factor } from '../core/factors';
import { invalid } from '../tokens/jws';
import { isSameSecret } from '../util/same-secret';
import type { Claims } from './access-token';
import type { KeySource } from './key-source';
import { audienceOf, claimOf, readSigned, textOf, timeOf } from './signed-claims';

/** More than for an access token, since an ID token is never sent in a header. */
const MAX_LENGTH = 65_536;
const MAX_METHODS = 20;

export interface IdTokenPolicy {
  readonly issuer: string;
  readonly clientId: string;
  readonly algorithms: readonly string[];
  readonly clockToleranceSeconds: number;
  readonly trustAmr: boolean;
}

/** The expected values of this login. */
export interface IdTokenExpectations {
  readonly nonce: string;
  /** In seconds; if it is set, `auth_time` is required. */
  readonly maxAge: number | undefined;
  readonly accessToken: unknown;
  /** In milliseconds. */
  readonly now: number;
}

export interface ProvenIdentity {
  readonly subject: string;
  readonly claims: Claims;
  readonly sid: string | undefined;
  readonly acr: string | undefined;
  readonly factors: readonly Factor[];
}

/** @throws TokenInvalidError for a token that does not prove this login, ServiceUnavailableError without keys */
export async function readIdToken(
  token: unknown,
  expected: IdTokenExpectations,
  policy: IdTokenPolicy,
  keys: KeySource,
): Promise<ProvenIdentity> {
  if (typeof token !== 'string') throw invalid('There is no ID token');
  const signed = { algorithms: policy.algorithms, types: ['jwt'], maxLength: MAX_LENGTH };
  const { claims, algorithm } = await readSigned(token, signed, keys);
  checkParties(claims, policy);
  if (!isSame(claimOf(claims, 'nonce'), expected.nonce)) throw invalid('nonce is that of another login');
  checkHash(claimOf(claims, 'at_hash'), expected.accessToken, algorithm);
  const authenticatedAt = checkTimes(claims, expected, policy);
  const subject = textOf(claims, 'sub');
  if (subject === undefined) throw invalid('sub is missing');
  const at = authenticatedAt === undefined ? null : new Date(authenticatedAt);
  const methods = ['idp', ...(policy.trustAmr ? methodsIn(claims) : [])];
  return {
    subject,
    claims,
    sid: textOf(claims, 'sid'),
    acr: textOf(claims, 'acr'),
    factors: [...new Set(methods)].map((method) => ({ method, at })),
  };
}

function checkParties(claims: Claims, { issuer, clientId }: IdTokenPolicy): void {
  if (claimOf(claims, 'iss') !== issuer) throw invalid('iss is not the option issuer');
  const isShared = audienceOf(claims, clientId).length > 1;
  const party = textOf(claims, 'azp');
  if (party === undefined ? isShared : party !== clientId) throw invalid('azp is not the option clientId');
}

/** @returns auth_time in milliseconds */
function checkTimes(
  claims: Claims,
  { maxAge, now }: IdTokenExpectations,
  { clockToleranceSeconds }: IdTokenPolicy,
): number | undefined {
  const tolerance = clockToleranceSeconds * 1000;
  const [expiresAt, issuedAt] = [timeOf(claims, 'exp'), timeOf(claims, 'iat')];
  if (expiresAt === undefined || !(now < expiresAt + tolerance))
    throw invalid('exp is missing, or has passed');
  if (issuedAt === undefined || !(issuedAt <= now + tolerance))
    throw invalid('iat is missing, or in the future');
  const notBefore = timeOf(claims, 'nbf');
  if (notBefore !== undefined && !(notBefore <= now + tolerance)) throw invalid('nbf is in the future');
  const authenticatedAt = timeOf(claims, 'auth_time');
  if (authenticatedAt !== undefined && !(authenticatedAt <= now + tolerance)) {
    throw invalid('auth_time is in the future');
  }
  if (maxAge === undefined) return authenticatedAt;
  if (authenticatedAt === undefined || !(now - authenticatedAt <= maxAge * 1000 + tolerance)) {
    throw invalid('auth_time is missing, or longer ago than was asked for');
  }
  return authenticatedAt;
}

/** @see OpenID Connect Core 1.0 section 3.1.3.6 */
function checkHash(stated: unknown, accessToken: unknown, algorithm: string): void {
  if (stated === undefined) return;
  if (typeof accessToken === 'string') {
    const name = algorithm.startsWith('Ed') ? 'sha512' : `sha${algorithm.slice(-3)}`;
    const digest = createHash(name).update(accessToken).digest();
    if (isSame(stated, digest.subarray(0, digest.length / 2).toString('base64url'))) return;
  }
  throw invalid('at_hash is that of another access token');
}

function methodsIn(claims: Claims): readonly string[] {
  const amr = claimOf(claims, 'amr') ?? [];
  const isList = Array.isArray(amr) && amr.length <= MAX_METHODS;
  if (isList && amr.every((method) => typeof method === 'string' && /^[\x21-\x7e]{1,64}$/.test(method))) {
    return amr as string[];
  }
  throw invalid('amr is no list of methods');
}

function isSame(value: unknown, expected: string): boolean {
  return typeof value === 'string' && isSameSecret(value, expected);
}
