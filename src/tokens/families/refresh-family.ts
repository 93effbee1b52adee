/** Exchanges a refresh token: it gets one successor, written in one step, and a reused token ends the family. */
import type { KnownUser } from '../../core/auth-provider';
import type { TokenReusedEvent } from '../../core/events';
import type { SecurityRequest } from '../../core/request';
import { TokenInvalidError } from '../../errors';
import { ignoreRejection } from '../../util/ignore-rejection';
import { isAlive, isOwn, markDead } from './ends';
import type { FamilyRecord } from './family-record';
import { lostRaces, type StoredFamily } from './family-store';
import { clientOf } from './known-login';
import type { FamilyParts, IssuedTokens } from './parts';
import {
  digestOf,
  hasDigest,
  newSecret,
  padOf,
  parseRefreshToken,
  type RefreshToken,
  successorIn,
} from './refresh-token';
import { addressIn, issueFor } from './start-family';

const TRIES = 5;

/**
 * Exchanges a refresh token for the next tokens.
 * @throws TokenInvalidError for an invalid token
 * @throws ServiceUnavailableError when the state store or the userstore is unavailable
 */
export async function refreshFamily(
  parts: FamilyParts,
  text: string,
  request?: SecurityRequest,
): Promise<IssuedTokens> {
  const token = parseRefreshToken(text);
  if (token === undefined) throw invalid('It has not the form of one');
  let isUserChecked = false;
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const family = await parts.store.get(token.familyId);
    if (family === undefined) throw invalid('Its family is not known');
    const { record } = family;
    // First of all: a caller that knows only an id must not end or learn anything.
    if (!hasDigest(token.familySecret, record.family)) throw invalid('It is not of that family');
    if (!isOwn(record, parts)) throw invalid('It is of another service');
    if (!isAlive(record, parts) || parts.revoked.isFamilyEnded(token.familyId, record)) {
      throw invalid('Its family has ended');
    }
    const use = await checkedUse(parts, token, record, request);
    if (!isUserChecked) await checkUser(parts, token.familyId, record, request);
    isUserChecked = true;
    const issued =
      use === 'repeat' ? repeated(parts, token, record) : await rotated(parts, token, family, request);
    if (issued !== undefined) return issued;
  }
  throw lostRaces();
}

/** @throws TokenInvalidError when the token has apparently been stolen; its family has been ended then */
async function checkedUse(
  parts: FamilyParts,
  token: RefreshToken,
  record: FamilyRecord,
  request: SecurityRequest | undefined,
): Promise<'next' | 'repeat'> {
  const use = useOf(parts, token, record);
  if (use === 'spent') return reused(parts, token.familyId, record, 'spent_token', request);
  // A family that was started without a client is not bound.
  const isBound = parts.settings.client !== undefined && record.client !== undefined;
  if (isBound && clientOf(parts, 'refresh', token.familySecret, request) !== record.client) {
    return reused(parts, token.familyId, record, 'other_client', request);
  }
  return use;
}

function useOf(
  { settings: { graceMs }, now }: FamilyParts,
  { secret }: RefreshToken,
  { current, previous, at }: FamilyRecord,
): 'next' | 'repeat' | 'spent' {
  if (hasDigest(secret, current)) return 'next';
  if (previous === undefined || !hasDigest(secret, previous)) return 'spent';
  // The clock of the process that wrote the record may be ahead.
  return graceMs > 0 && Math.abs(now() - at) <= graceMs ? 'repeat' : 'spent';
}

async function reused(
  parts: FamilyParts,
  familyId: string,
  { user, userstore }: FamilyRecord,
  reason: TokenReusedEvent['reason'],
  request: SecurityRequest | undefined,
): Promise<never> {
  const tell = (): void => {
    parts.apps.emit({ type: 'token_reused', user, familyId, reason }, userstore, request);
  };
  try {
    const ended = await markDead(parts, familyId);
    if (ended !== undefined) tell();
  } catch (error) {
    // The family may have been ended, or will be at the next try. The reuse is known now, so it is reported.
    tell();
    ignoreRejection(parts.revoked.families([familyId]));
    throw error;
  }
  try {
    await parts.revoked.families([familyId]);
  } catch {
    // The revocation is in effect here and will be sent again. The token is invalid in either case.
  }
  throw invalid(reason === 'spent_token' ? 'It has been used before' : 'It came from another client');
}

/** @throws TokenInvalidError when the user is no longer the user of the login; the token is not used up then */
async function checkUser(
  parts: FamilyParts,
  familyId: string,
  record: FamilyRecord,
  request: SecurityRequest | undefined,
): Promise<void> {
  const app = parts.apps.need('refresh', request);
  const known = await app.findUser(record.user, record.userstore);
  if (known === null) throw invalid('Its user is not there');
  if (!known.isActive) throw invalid('Its user is not active');
  if (isSame(known, record)) return;
  try {
    const ended = await markDead(parts, familyId);
    const { user, userstore } = record;
    if (ended !== undefined) parts.apps.emit({ type: 'tokens_ended', user, familyId }, userstore, request);
  } catch {
    // The token is refused at each use anyway.
  }
  throw invalid('Its user has another password since, or is another one');
}

/** True if neither the password has changed nor the name belongs to another person. */
function isSame({ stamp, id }: KnownUser, record: FamilyRecord): boolean {
  return stamp === record.stamp && id === record.userId;
}

/** Returns the same successor again and writes nothing. */
function repeated(parts: FamilyParts, token: RefreshToken, record: FamilyRecord): IssuedTokens {
  const secret = successorIn(record.pad ?? '', token.secret);
  if (!hasDigest(secret, record.current)) throw invalid('Its successor cannot be read');
  return issued(parts, record, { ...token, secret });
}

/** Undefined if another request was faster. */
async function rotated(
  parts: FamilyParts,
  token: RefreshToken,
  family: StoredFamily,
  request: SecurityRequest | undefined,
): Promise<IssuedTokens | undefined> {
  const secret = newSecret();
  const record: FamilyRecord = {
    ...family.record,
    current: digestOf(secret),
    previous: family.record.current,
    pad: padOf(token.secret, secret),
    n: family.record.n + 1,
    at: parts.now(),
    ip: addressIn(request) ?? family.record.ip,
  };
  // First, so that the token is not used up if no new tokens can be issued.
  const tokens = issued(parts, record, { ...token, secret });
  return (await parts.store.set(token.familyId, record, family)) ? tokens : undefined;
}

function issued(parts: FamilyParts, record: FamilyRecord, token: RefreshToken): IssuedTokens {
  const tokens = issueFor(parts, record, token);
  if (tokens === undefined) throw invalid('Its family is about to end');
  return tokens;
}

function invalid(reason: string): TokenInvalidError {
  return new TokenInvalidError({ cause: new Error(`The refresh token is not valid: ${reason}`) });
}
