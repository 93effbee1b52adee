/** Starts sessions: from a login that the user proved in this very request, and always with a new cookie. */
import type { Authentication } from '../core/authentication';
import type { AppFacts, KnownUser } from '../core/auth-provider';
import type { SecurityRequest } from '../core/request';
import { refuseUnproved, startingUser } from '../core/starting-user';
import { isUser, userIdOf } from '../core/user';
import {
  AuthenticationRequiredError,
  BadCredentialsError,
  HttpsRequiredError,
  ServiceUnavailableError,
} from '../errors';
import { isLoopback } from '../http/client-address';
import { ignoreRejection } from '../util/ignore-rejection';
import { printable } from '../util/printable';
import { digestOf, newCookie } from './session-cookie';
import { endSession } from './end-sessions';
import { isEndedByIdp, noteIdp } from './idp-index';
import { openSession } from './open-session';
import { infoOf, type SessionInfo } from './session-info';
import { endOf, isAlive, replyOf, type SessionParts, storedFactors } from './session-parts';
import type { HalfRecord, IdpRecord, SessionRecord } from './session-record';
import type { StoredHalf, StoredSession } from './session-store';

const TRIES = 3;
const MAX_USER_AGENT = 200;
/** The accepted difference between clocks. */
const TOLERANCE_MS = 30_000;
const HALF_MS = 5 * 60 * 1000;
const MAX_HALF = 5;

/**
 * Starts a session, and ends the browser's earlier session.
 * @param idp the login at an OpenID provider
 * @param half the half login that this login completes
 * @throws TypeError for a login that a session cannot represent: with roles or scopes, bound to a key, or of no
 * userstore
 * @throws AccessDeniedError for a login by a token, a key or a session, and for an uncertain, unknown or inactive user
 * @throws HttpsRequiredError if the browser would drop the cookie
 * @throws BadCredentialsError if the password was changed meanwhile
 * @throws AuthenticationRequiredError if the provider has ended the login meanwhile
 * @throws ServiceUnavailableError if the state store or the userstore cannot answer
 */
export async function startSession(
  parts: SessionParts,
  login: Authentication,
  request: SecurityRequest,
  idp?: IdpRecord,
  half?: StoredHalf,
): Promise<SessionInfo> {
  const response = replyOf('start', request);
  const owner = await ownerFacts(parts, login, request);
  const { settings, store, cookies, now } = parts;
  const before = await openSession(parts, request);
  if (before !== undefined) {
    await endSession(parts, before.stored, { type: 'session_ended', reason: 'replaced' }, request);
  }
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const cookie = newCookie();
    const id = digestOf(cookie.handle);
    const started = now();
    const record: SessionRecord = {
      ...owner.facts,
      secret: digestOf(cookie.secret),
      idp,
      started,
      seen: started,
      ends: started + (owner.known.hasStamp ? settings.maxMs : settings.maxMsWithoutStamp),
      ip: request.ip,
      userAgent: printable(request.header('user-agent') ?? '', MAX_USER_AGENT),
    };
    // Noted before the session is written, so that its provider can always end it.
    if (idp !== undefined) await noteIdp(parts, idp, `ses:${id}`, record.ends, request);
    if (!(await store.set('ses', id, record, endOf(record, settings)))) continue;
    if (idp !== undefined) await refuseEnded(parts, idp, 'ses', id, half);
    await limit(parts, { id, record, text: '' }, request);
    cookies.set(response, cookie, (record.ends - started) / 1000);
    if (request.cookie(cookies.halfName) !== undefined) cookies.clearHalf(response);
    const { user, userstore } = record;
    const { methods } = login;
    parts.apps.emit({ type: 'logged_in', user, sessionId: id, methods }, userstore, request);
    return infoOf(id, record, parts, { id });
  }
  throw new ServiceUnavailableError({ cause: new Error('The ids of new sessions are taken') });
}

/** Stores a login that still needs a second factor. No guard ever accepts it. */
export async function startHalf(
  parts: SessionParts,
  login: Authentication,
  request: SecurityRequest,
  next: readonly string[],
  idp?: IdpRecord,
): Promise<void> {
  const response = replyOf('start', request);
  const { facts } = await ownerFacts(parts, login, request);
  const cookie = newCookie();
  const id = digestOf(cookie.handle);
  const secret = digestOf(cookie.secret);
  const record: HalfRecord = { ...facts, secret, next, idp, until: parts.now() + HALF_MS };
  if (idp !== undefined) await noteIdp(parts, idp, `half:${id}`, record.until, request);
  if (!(await parts.store.set('half', id, record, record.until))) {
    throw new ServiceUnavailableError({ cause: new Error('The id of a new login is taken') });
  }
  if (idp !== undefined) await refuseEnded(parts, idp, 'half', id);
  const others = (await parts.store.list('half', record.user)).filter(
    (other) => other.id !== id && other.record.userstore === record.userstore,
  );
  const oldestFirst = others.toSorted((one, other) => one.record.until - other.record.until);
  for (const other of oldestFirst.slice(0, Math.max(0, others.length + 1 - MAX_HALF))) {
    await parts.store.delete('half', other.id);
  }
  parts.cookies.setHalf(response, cookie);
}

interface OwnerFacts {
  readonly known: KnownUser;
  readonly facts: Pick<SessionRecord, 'user' | 'userstore' | 'userId' | 'stamp' | 'factors'>;
}

async function ownerFacts(
  parts: SessionParts,
  login: Authentication,
  request: SecurityRequest,
): Promise<OwnerFacts> {
  checkLogin(login);
  refuseUnproved(login);
  refuseInClear(parts, request);
  const app = parts.apps.need('start', request);
  const known = await startingUser(login, app);
  refuseFuture(parts, app, known);
  const { stamp } = login;
  // The session would be invalid at the next request, and the browser would log in again and again.
  if (stamp !== known.stamp) {
    throw new BadCredentialsError({
      cause: new Error('The tokensValidFrom of the user is not that of the login'),
    });
  }
  const { username: user, userstore } = known;
  const userId = userIdOf(login.user) ?? known.id;
  return { known, facts: { user, userstore, userId, stamp, factors: storedFactors(login.factors) } };
}

/** @throws TypeError with the remedy in its message */
function checkLogin({ user, source, isBound, roles, scopes }: Authentication): void {
  if (!isUser(user)) throw new TypeError('SessionService.start(): the login has no valid user');
  if (source?.kind === 'provider') {
    throw new TypeError(
      `SessionService.start(): the user comes from ${source.name} and no userstore, so the session could be somebody ` +
        "else's: look the user up in the userstore, and state the login by new Authentication(user)",
    );
  }
  if (isBound) {
    throw new TypeError('SessionService.start(): the login is bound to a key, and the session would not be');
  }
  if (roles.length > 0 || scopes !== undefined) {
    throw new TypeError(
      'SessionService.start(): the credential of the login adds roles or is limited to scopes, and a session would drop ' +
        'them: state the login by new Authentication(user)',
    );
  }
}

/** A browser drops a Secure cookie that came over plain http, and the user would log in again and again. */
export function refuseInClear({ settings }: SessionParts, request: SecurityRequest): void {
  if (settings.cookie.insecure || request.secure || isLoopback(request.ip)) return;
  if (request.header('origin')?.startsWith('https://') === true) return;
  throw new HttpsRequiredError({
    cause: new Error('The session cookie is for https: see trustProxy where a proxy ends TLS'),
  });
}

/** Providers that compare times would refuse the user until that time. */
function refuseFuture({ now }: SessionParts, app: AppFacts, { stamp, username, userstore }: KnownUser): void {
  if (!(stamp > now() + TOLERANCE_MS)) return;
  const problem = 'tokensValidFrom lies ahead of now, so no login of the user counts until then';
  app.report({ component: userstore ?? app.userstores[0] ?? 'The userstore', problem, user: username });
  throw new ServiceUnavailableError({ retryAfterSeconds: 60, cause: new Error(problem) });
}

/**
 * Deletes a session that its provider ended before it was written, when there was nothing to delete yet.
 * @param completed the half login that this login completes
 */
async function refuseEnded(
  { store }: SessionParts,
  idp: IdpRecord,
  kind: 'ses' | 'half',
  id: string,
  completed?: StoredHalf,
): Promise<void> {
  try {
    const keys = [`${kind}:${id}`, ...(completed === undefined ? [] : [`half:${completed.id}`])];
    for (const key of keys) {
      if (!(await isEndedByIdp(store, idp, key))) continue;
      throw new AuthenticationRequiredError({ cause: new Error('The provider has ended the login') });
    }
  } catch (error) {
    // The cookie is never sent, so a failed deletion does no harm.
    ignoreRejection(store.delete(kind, id));
    throw error;
  }
}

/** Ends the least recently used sessions above the limit. Concurrent callers see the same order. */
async function limit(parts: SessionParts, own: StoredSession, request: SecurityRequest): Promise<void> {
  const { user, userstore, userId, seen } = own.record;
  try {
    const listed = await parts.store.list('ses', user);
    const others = listed.filter(
      ({ id, record }) =>
        id !== own.id && record.userstore === userstore && record.userId === userId && isAlive(record, parts),
    );
    const excess = others.length + 1 - parts.settings.maxPerUser;
    if (excess <= 0) return;
    // A clock ahead of this one must not make all others newer than the new session.
    const used = ({ record }: StoredSession): number => Math.min(record.seen, seen);
    const oldestFirst = [own, ...others].sort(
      (one, other) =>
        used(one) - used(other) || one.record.started - other.record.started || (one.id < other.id ? -1 : 1),
    );
    for (const stored of oldestFirst.slice(0, excess)) {
      await endSession(parts, stored, { type: 'session_ended', reason: 'too_many' }, request);
    }
  } catch (error) {
    // The cookie is never sent, so a failed deletion does no harm.
    ignoreRejection(parts.store.delete('ses', own.id));
    throw error;
  }
}
