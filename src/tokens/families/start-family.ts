import { isIP } from 'node:net';
import type { Authentication } from '../../core/authentication';
import type { SecurityRequest } from '../../core/request';
import { userIdOf } from '../../core/user';
import { BadCredentialsError } from '../../errors';
import { ignoreRejection } from '../../util/ignore-rejection';
import { endExcess, isAlive } from './ends';
import type { FamilyRecord } from './family-record';
import { expiryOf, lostRaces } from './family-store';
import { startingUser } from '../../core/starting-user';
import { clientOf } from './known-login';
import type { FamilyParts, IssuedTokens } from './parts';
import { digestOf, formatRefreshToken, newFamilyToken, type RefreshToken } from './refresh-token';

const TRIES = 5;

/**
 * Starts a family for a login whose form has been checked.
 * @throws AccessDeniedError for a login that may start none
 * @throws BadCredentialsError for one that is too long ago
 * @throws ServiceUnavailableError when the state store or the userstore cannot say
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
      // A view of the record for the app may lack it.
      userId: userIdOf(login.user) ?? known.id,
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
    // First, because it refuses what cannot be carried.
    const issued = issueFor(parts, record, token);
    if (issued === undefined)
      throw new BadCredentialsError({ cause: new Error('The login is too long ago') });
    if (!(await store.set(token.familyId, record))) continue;
    await limit(parts, token.familyId, record, request);
    return issued;
  }
  throw lostRaces();
}

/** What a client gets for a family as it is; undefined where it ends too soon. */
export function issueFor(
  parts: FamilyParts,
  record: FamilyRecord,
  token: RefreshToken,
): IssuedTokens | undefined {
  const { user, userstore, login, amr, scope, stamp, end } = record;
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

/** Ends what is one too many, which was used longest ago; never one that is newer than this. */
async function limit(
  parts: FamilyParts,
  id: string,
  { user, userstore, at }: FamilyRecord,
  request: SecurityRequest | undefined,
): Promise<void> {
  try {
    const { families } = await parts.store.list(user);
    const others = families.filter(
      (other) => other.id !== id && other.record.userstore === userstore && isAlive(other.record, parts),
    );
    const excess = others.length + 1 - parts.settings.maxPerUser;
    if (excess <= 0) return;
    const oldestFirst = others
      .filter(({ record }) => record.at <= at)
      .sort((one, other) => one.record.at - other.record.at);
    await endExcess(parts, oldestFirst.slice(0, excess), request);
  } catch (error) {
    // Nobody gets its token.
    ignoreRejection(parts.store.delete(id));
    throw error;
  }
}
