/**
 * Checks the claims of a token after its signature has been verified. Every comparison is written so that a NaN, from a
 * broken clock for example, leads to a refusal.
 */
import { types } from 'node:util';
import { EPOCH_STAMP } from '../core/stamp';
import { invalid } from './jws';
import type { JsonObject } from './json';
import { isScope } from '../util/scope-name';

/** The requirements that a token is checked against. */
export interface ClaimsPolicy {
  readonly issuer: string;
  readonly audience: string;
  readonly maxAgeSeconds: number;
  /** How long after the login a token of a family may live; undefined means `maxAgeSeconds`, as for any other token. */
  readonly maxFamilyAgeSeconds?: number | undefined;
  readonly clockToleranceSeconds: number;
}

/** The content of a verified token. */
export interface VerifiedToken {
  /** The username (`sub`). */
  readonly subject: string;
  /** The token's own id (`jti`). */
  readonly id: string;
  /** `iat`, to the millisecond. */
  readonly issuedAt: Date;
  /** `exp`, to the millisecond. */
  readonly expiresAt: Date;
  /** `expiresAt` with the accepted clock difference. */
  readonly acceptedUntil?: Date | undefined;
  /** When the login behind the token took place: `auth_time`, or `iat` if the token has no `auth_time`. */
  readonly authenticatedAt: Date;
  /** How that login was proved (`amr`). */
  readonly methods: readonly string[] | undefined;
  /** The scopes that the token is limited to (`scope`); undefined means no limit. */
  readonly scopes: readonly string[] | undefined;
  /** The userstore that had the user, in an app with several (`userstore`); undefined means any. */
  readonly userstore?: string | undefined;
  /**
   * The user's `tokensValidFrom` at the time of the login (`tvf`), in milliseconds, 0 if the user had none. Undefined
   * for tokens of older versions, which did not write it.
   */
  readonly stamp?: number | undefined;
  /**
   * A digest of the `id` that the user's record had (`uid`): a later user of the same name is another person. Undefined
   * for a user without `id`, and for tokens of older versions.
   */
  readonly userIdDigest?: string | undefined;
  /** The family that the token belongs to (`sid`); undefined for a token that `issue()` made without a family. */
  readonly familyId?: string | undefined;
  /** The whole claims set, frozen. */
  readonly claims: JsonObject;
}

const MAX_ID_LENGTH = 256;

/** A Date reaches this far. */
const MAX_NUMERIC_DATE = 8.64e12;

/** The content of a claims set, independent of the policy and the time. */
export interface TokenStatement extends Pick<
  VerifiedToken,
  'subject' | 'id' | 'methods' | 'scopes' | 'userstore' | 'stamp' | 'userIdDigest' | 'familyId' | 'claims'
> {
  readonly issuer: unknown;
  readonly audiences: readonly unknown[];
  /** This time and the next two are in milliseconds. */
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly authenticatedAt: number;
  /** `nbf`, in seconds as the token has it. */
  readonly notBefore: number | undefined;
}

/**
 * Reads a claims set: subject and id must be present, every time must be a finite NumericDate, and the other claims
 * must have their required form. {@link checkStatement} compares them with the policy.
 * @throws TokenInvalidError when it cannot be read
 * @see RFC 7519 section 4.1
 */
export function readStatement(claims: JsonObject): TokenStatement {
  const id = text(claims, 'jti');
  if (id.length > MAX_ID_LENGTH) throw invalid('jti is too long');
  const audience = own(claims, 'aud');
  const issuedAt = milliseconds(numericDate(claims, 'iat'));
  return {
    issuer: own(claims, 'iss'),
    audiences: isStrings(audience) ? audience : [audience],
    subject: text(claims, 'sub'),
    id,
    issuedAt,
    expiresAt: milliseconds(numericDate(claims, 'exp')),
    authenticatedAt: has(claims, 'auth_time') ? milliseconds(numericDate(claims, 'auth_time')) : issuedAt,
    notBefore: has(claims, 'nbf') ? numericDate(claims, 'nbf') : undefined,
    ...readLogin(claims),
    claims,
  };
}

/**
 * Checks a statement against a policy and the time: issuer and audience match exactly, the token is within its period
 * of validity, and `exp` is within `maxAgeSeconds` of the login.
 * @throws TokenInvalidError when anything is not valid.
 * @see RFC 7519 section 4.1, RFC 8725 sections 3.8 to 3.10
 */
export function checkStatement(
  statement: TokenStatement,
  policy: ClaimsPolicy,
  nowMs: number,
): VerifiedToken {
  const { issuer, audiences, notBefore, issuedAt, expiresAt, authenticatedAt } = statement;
  if (issuer !== policy.issuer) throw invalid('iss is not the option issuer');
  if (!audiences.includes(policy.audience)) throw invalid('aud has not the option audience');
  const toleranceMs = policy.clockToleranceSeconds * 1000;
  if (!(nowMs < expiresAt + toleranceMs)) throw invalid('exp has passed');
  if (!(issuedAt <= nowMs + toleranceMs)) throw invalid('iat is in the future');
  if (!(authenticatedAt <= issuedAt)) throw invalid('auth_time is after iat');
  const { maxAgeSeconds, maxFamilyAgeSeconds = maxAgeSeconds } = policy;
  const maxAge = statement.familyId === undefined ? maxAgeSeconds : maxFamilyAgeSeconds;
  if (!(expiresAt <= authenticatedAt + maxAge * 1000)) {
    throw invalid('exp is too long after the login');
  }
  // Compared with the whole second, as other implementations do, so that a fraction never lets a token in early.
  const wholeSeconds = Math.floor(nowMs / 1000);
  if (notBefore !== undefined && !(notBefore <= wholeSeconds + policy.clockToleranceSeconds)) {
    throw invalid('nbf is in the future');
  }
  return {
    subject: statement.subject,
    id: statement.id,
    issuedAt: new Date(issuedAt),
    expiresAt: new Date(expiresAt),
    acceptedUntil: new Date(expiresAt + toleranceMs),
    authenticatedAt: new Date(authenticatedAt),
    methods: statement.methods,
    scopes: statement.scopes,
    userstore: statement.userstore,
    stamp: statement.stamp,
    userIdDigest: statement.userIdDigest,
    familyId: statement.familyId,
    claims: statement.claims,
  };
}

/** @throws TokenInvalidError as {@link readStatement} and {@link checkStatement} do */
export function readClaims(claims: JsonObject, policy: ClaimsPolicy, nowMs: number): VerifiedToken {
  return checkStatement(readStatement(claims), policy, nowMs);
}

/**
 * True if an app's own verifier may return this value. A limit that is left out or misspelt must not be lost silently.
 */
export function isVerifiedToken(value: unknown): value is VerifiedToken {
  if (typeof value !== 'object' || value === null) return false;
  const token = value as { readonly [Name in keyof VerifiedToken]?: unknown };
  return (
    typeof token.subject === 'string' &&
    token.subject !== '' &&
    isTime(token.issuedAt) &&
    isTime(token.expiresAt) &&
    isTime(token.authenticatedAt) &&
    (token.acceptedUntil === undefined || isTime(token.acceptedUntil)) &&
    (token.methods === undefined || isStrings(token.methods)) &&
    (token.scopes === undefined || isStrings(token.scopes)) &&
    (token.userstore === undefined || typeof token.userstore === 'string') &&
    (token.stamp === undefined || Number.isInteger(token.stamp)) &&
    (token.userIdDigest === undefined || typeof token.userIdDigest === 'string') &&
    (token.familyId === undefined || typeof token.familyId === 'string') &&
    typeof token.claims === 'object' &&
    token.claims !== null
  );
}

function isTime(value: unknown): boolean {
  return types.isDate(value) && !Number.isNaN(Date.prototype.getTime.call(value));
}

const FAMILY_ID = /^[0-9a-f]{24}$/;

function readLogin(
  claims: JsonObject,
): Pick<VerifiedToken, 'methods' | 'scopes' | 'userstore' | 'stamp' | 'userIdDigest' | 'familyId'> {
  const methods = own(claims, 'amr');
  if (methods !== undefined && !isStrings(methods)) throw invalid('amr is not a list of strings');
  const scope = own(claims, 'scope');
  const userstore = has(claims, 'userstore') ? text(claims, 'userstore') : undefined;
  const stamp = has(claims, 'tvf') ? stampIn(claims) : undefined;
  const userIdDigest = has(claims, 'uid') ? text(claims, 'uid') : undefined;
  const familyId = has(claims, 'sid') ? text(claims, 'sid') : undefined;
  // An id of another form could never be found among the ended families.
  if (familyId !== undefined && !FAMILY_ID.test(familyId)) throw invalid('sid is no family');
  if (scope === undefined) return { methods, scopes: undefined, userstore, stamp, userIdDigest, familyId };
  // A limit that cannot be understood must not count as no limit.
  if (typeof scope !== 'string') throw invalid('scope is not a string');
  const scopes = scope === '' ? [] : scope.split(' ');
  if (!scopes.every(isScope)) throw invalid('scope has an unknown form');
  return { methods, scopes, userstore, stamp, userIdDigest, familyId };
}

function text(claims: JsonObject, name: string): string {
  const value = own(claims, name);
  if (typeof value !== 'string' || value === '') throw invalid(`${name} is missing`);
  return value;
}

function numericDate(claims: JsonObject, name: string): number {
  const value = own(claims, name);
  if (typeof value !== 'number' || !(value >= 0 && value <= MAX_NUMERIC_DATE)) {
    throw invalid(`${name} is no NumericDate`);
  }
  return value;
}

/** Milliseconds, as a Date may have them. */
function stampIn(claims: JsonObject): number {
  const stamp = own(claims, 'tvf');
  if (stamp === EPOCH_STAMP) return EPOCH_STAMP;
  if (typeof stamp === 'number' && Number.isInteger(stamp) && Math.abs(stamp) <= MAX_NUMERIC_DATE * 1000) {
    return stamp;
  }
  throw invalid('tvf is not a time');
}

function milliseconds(seconds: number): number {
  return Math.round(seconds * 1000);
}

function isStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
}

function has(claims: JsonObject, name: string): boolean {
  return Object.hasOwn(claims, name);
}

function own(claims: JsonObject, name: string): unknown {
  return has(claims, name) ? claims[name] : undefined;
}
