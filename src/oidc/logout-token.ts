/**
 * The token with which a provider ends the sessions of a user.
 * @see OpenID Connect Back-Channel Logout 1.0 section 2.6
 */
import { createHash } from 'node:crypto';
import { invalid } from '../tokens/jws';
import type { KeySource } from './key-source';
import { audienceOf, claimOf, readSigned, textOf, timeOf } from './signed-claims';

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
const MAX_AGE_MS = 120_000;
const MAX_LENGTH = 16_384;

export interface LogoutTokenPolicy {
  readonly issuer: string;
  readonly clientId: string;
  readonly algorithms: readonly string[];
  readonly clockToleranceSeconds: number;
}

export interface Logout {
  readonly issuer: string;
  readonly sid: string | undefined;
  readonly subject: string | undefined;
  /** A digest of issuer and `jti`, by which the token counts only once. */
  readonly id: string;
  /** When the token becomes invalid, in milliseconds. */
  readonly until: number;
}

/**
 * @param now in milliseconds
 * @throws TokenInvalidError for every invalid token, ServiceUnavailableError when the keys are unavailable
 */
export async function readLogoutToken(
  token: string,
  policy: LogoutTokenPolicy,
  keys: KeySource,
  now: number,
): Promise<Logout> {
  const { issuer, clientId, algorithms } = policy;
  const { claims } = await readSigned(
    token,
    { algorithms, types: ['logout+jwt', 'jwt'], maxLength: MAX_LENGTH },
    keys,
  );
  const tolerance = policy.clockToleranceSeconds * 1000;
  if (claimOf(claims, 'iss') !== issuer) throw invalid('iss is not the option issuer');
  audienceOf(claims, clientId);
  const [issuedAt, expiresAt] = [timeOf(claims, 'iat'), timeOf(claims, 'exp')];
  if (issuedAt === undefined || !(issuedAt <= now + tolerance && now - issuedAt <= MAX_AGE_MS)) {
    throw invalid('iat is missing, in the future, or two minutes ago');
  }
  if (expiresAt !== undefined && !(now < expiresAt + tolerance)) throw invalid('exp has passed');
  // An ID token must never pass as a logout token.
  if (Object.hasOwn(claims, 'nonce')) throw invalid('nonce is there');
  const events = claimOf(claims, 'events');
  if (!isObject(events) || !Object.hasOwn(events, EVENT) || !isObject(events[EVENT])) {
    throw invalid('events has not that of a logout');
  }
  const [id, sid, subject] = [textOf(claims, 'jti'), textOf(claims, 'sid'), textOf(claims, 'sub')];
  if (id === undefined) throw invalid('jti is missing');
  if (sid === undefined && subject === undefined) throw invalid('sid and sub are missing');
  return {
    issuer,
    sid,
    subject,
    id: createHash('sha256')
      .update(JSON.stringify([issuer, id]))
      .digest('base64url'),
    until: Math.max(issuedAt + MAX_AGE_MS, now) + tolerance,
  };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
