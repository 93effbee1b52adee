import { isIP } from 'node:net';
import type { Authentication } from '../../core/authentication';
import type { SecurityRequest } from '../../core/request';
import { userIdOf } from '../../core/user';
import { BadCredentialsError } from '../../errors';
import { ignoreRejection } from '../../util/ignore-rejection';
import { endExcess, isAlive, isOwn } from './ends';
import { type FamilyRecord, writeRecord } from './family-record';
import { expiryOf, lostRaces, type StoredFamily } from './family-store';
import { startingUser } from '../../core/starting-user';
import { clientOf } from './known-login';
import type { FamilyParts, IssuedTokens } from './parts';
import { digestOf, formatRefreshToken, newFamilyToken, type RefreshToken } from './refresh-token';

const TRIES = 5;
/** How far the clock of another process may be ahead. */
const MAX_AHEAD_MS = 60_000;
/** How many ended families are deleted at each start of a family: more than can have ended since the previous start. */
const MAX_FORGOTTEN = 100;

/**
 * Starts a family for a login whose form has been checked.
 * @throws AccessDeniedError for a login that may not start a family
 * @throws BadCredentialsError for a login that is too long ago
 * @throws ServiceUnavailableError when the state store or the userstore is unavailable
 */
export async function startFamily(
  parts: FamilyParts,
  login: Authentication,
  authenticatedAt: number,
  request?: SecurityRequest,
): Promise<IssuedTokens> {
  const { apps, settings, store } = parts;
  const app = apps.need('start', request);
  const known = await startingUser(login, app);
  const { methods, scopes, stamp } = login;
  const { username, userstore, hasStamp } = known;
  const end = authenticatedAt + (hasStamp ? settings.maxMs : settings.maxMsWithoutStamp);
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const token = newFamilyToken();
    const now = parts.now();
    const record: FamilyRecord = {
      user: username,
      userstore,
      // The app's view of the user record may lack the id.
      userId: userIdOf(login.user) ?? known.id,
      service: parts.service,
      family: digestOf(token.familySecret),
      current: digestOf(token.secret),
      n: 0,
      started: now,
      at: now,
      login: authenticatedAt,
      amr: methods,
      scope: scopes,
      stamp,
      client: clientOf(parts, 'start', token.familySecret, request),
      ip: addressIn(request),
      end,
    };
    // First, because it refuses a login that does not fit into a token.
    const issued = issueFor(parts, record, token);
    if (issued === undefined)
      throw new BadCredentialsError({ cause: new Error('The login is too long ago') });
    if (!(await store.set(token.familyId, record))) continue;
    await finish(parts, token.familyId, record, request);
    return issued;
  }
  throw lostRaces();
}

/** The tokens for a family in its present state; undefined if it ends too soon. */
export function issueFor(
  parts: FamilyParts,
  record: FamilyRecord,
  token: RefreshToken,
): IssuedTokens | undefined {
  const { user, userstore, userId, login, amr, scope, stamp, end } = record;
  const { maxMs } = parts.settings;
  const issued = parts.sign(
    {
      username: user,
      userstore,
      authenticatedAt: login,
      methods: amr,
      scopes: scope,
      stamp,
      familyId: token.familyId,
      userId,
    },
    Math.min(end, login + maxMs),
  );
  const refreshExpiresInSeconds = Math.floor((expiryOf(record, parts.settings) - parts.now()) / 1000);
  if (issued === undefined || !(refreshExpiresInSeconds >= 1)) return undefined;
  return { ...issued, refreshToken: formatRefreshToken(token), refreshExpiresInSeconds };
}

export function addressIn(request: SecurityRequest | undefined): string | undefined {
  return request !== undefined && isIP(request.ip) !== 0 ? request.ip : undefined;
}

/**
 * Completes the start of a family after it has been written.
 * @throws BadCredentialsError when all logins of the user have been ended since the family was started
 */
async function finish(
  parts: FamilyParts,
  id: string,
  record: FamilyRecord,
  request: SecurityRequest | undefined,
): Promise<void> {
  try {
    // Ending all logins writes to the log before it looks for families. A family that was written too late to be found
    // learns of it here, while the log still has the entry.
    await parts.revoked.hearAll();
    if (parts.revoked.isUserEnded(record)) {
      throw new BadCredentialsError({ cause: new Error('All logins of the user were ended meanwhile') });
    }
    // Last, so that a failed login ends no other family.
    await limit(parts, { id, record, text: writeRecord(record) }, request);
  } catch (error) {
    // No client receives the token of this family.
    ignoreRejection(parts.store.delete(id));
    throw error;
  }
}

/**
 * Ends the least recently used families beyond the limit. Families that start at the same time get one common order, so
 * that they never end each other.
 */
async function limit(
  parts: FamilyParts,
  started: StoredFamily,
  request: SecurityRequest | undefined,
): Promise<void> {
  let own = started;
  const { user, userstore } = started.record;
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const { families } = await parts.store.list(user);
    forgetDead(parts, families);
    // A later login has ended this family.
    if (families.some(({ id, record }) => id === own.id && record.dead !== undefined)) return;
    const others = families.filter(
      ({ id, record }) =>
        id !== own.id && record.userstore === userstore && isOwn(record, parts) && isAlive(record, parts),
    );
    const excess = others.length + 1 - parts.settings.maxPerUser;
    if (excess <= 0) return;
    const older = others.filter((other) => isBefore(other, own)).sort(byUse);
    const newest = Math.max(...others.map(({ record }) => record.at));
    // Do not follow a clock that is far ahead.
    if (older.length >= excess || newest > parts.now() + MAX_AHEAD_MS) {
      return endExcess(parts, older.slice(0, excess), (other) => isBefore(other, own), request);
    }
    const record = { ...own.record, at: newest + 1 };
    if (!(await parts.store.set(own.id, record, own))) return;
    own = { id: own.id, record, text: writeRecord(record) };
  }
  throw lostRaces();
}

type Used = Pick<StoredFamily, 'id' | 'record'>;

function isBefore(one: Used, other: Used): boolean {
  return byUse(one, other) < 0;
}

/** Two families never compare as equal. */
function byUse(one: Used, other: Used): number {
  return one.record.at - other.record.at || (one.id < other.id ? -1 : 1);
}

/**
 * Deletes ended families, so that a user who logs in all the time does not fill the store. The login does not wait for
 * it.
 */
function forgetDead({ store }: FamilyParts, families: readonly StoredFamily[]): void {
  const dead = families.filter(({ record }) => record.dead !== undefined);
  for (const { id } of dead.slice(0, MAX_FORGOTTEN)) ignoreRejection(store.delete(id));
}
