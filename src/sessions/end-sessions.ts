/** Ends sessions before they expire: their entry is deleted, and no late write restores it. */
import { Authentication } from '../core/authentication';
import type { SessionEvent } from '../core/events';
import type { KnownUser } from '../core/auth-provider';
import type { UserName } from '../core/named-user';
import { type Person, personOf } from '../core/person';
import type { SecurityRequest } from '../core/request';
import { isDigest } from './session-cookie';
import { infoOf, type SessionInfo } from './session-info';
import { openHalf, openSession } from './open-session';
import { isAlive, replyOf, type SessionParts } from './session-parts';
import type { SessionRecord } from './session-record';
import type { StoredSession } from './session-store';

type Ending = Pick<SessionEvent, 'type' | 'reason'>;

/** True for the one caller that ended the session. @throws ServiceUnavailableError if the state store cannot answer */
export async function endSession(
  parts: SessionParts,
  { id, record }: StoredSession,
  ending: Ending,
  request?: SecurityRequest,
): Promise<boolean> {
  const isEnded = await parts.store.delete('ses', id);
  if (isEnded) {
    const { user, userstore } = record;
    parts.apps.emit({ ...ending, user, sessionId: id }, userstore, request);
  }
  return isEnded;
}

/** Ends the session of a request's cookie, and clears the cookie in any case. */
export async function endCurrent(parts: SessionParts, request: SecurityRequest): Promise<boolean> {
  const response = replyOf('end', request);
  parts.cookies.clear(response);
  // Otherwise the back button shows pages of the user who has logged out.
  response.setHeader('Clear-Site-Data', '"cache"');
  if (request.cookie(parts.cookies.halfName) !== undefined) {
    parts.cookies.clearHalf(response);
    const half = await openHalf(parts, request);
    if (half !== undefined) await parts.store.delete('half', half.id);
  }
  const open = await openSession(parts, request);
  return open !== undefined && endSession(parts, open.stored, { type: 'logged_out' }, request);
}

/** The valid sessions of a user, the most recently used first. */
export async function listSessions(
  parts: SessionParts,
  user: Authentication | UserName,
  request?: SecurityRequest,
): Promise<readonly SessionInfo[]> {
  const owner = await ownerOf(parts, user, request);
  const found = await sessionsOf(parts, owner);
  const current = user instanceof Authentication ? { id: user.sessionId } : undefined;
  return found
    .filter(({ record }) => isAlive(record, parts) && isOfNow(record, owner.known))
    .sort((one, other) => other.record.seen - one.record.seen)
    .map(({ id, record }) => infoOf(id, record, parts, current));
}

/** False if the user has no session with this id. */
export async function endOneOf(
  parts: SessionParts,
  user: Authentication | UserName,
  id: string,
  request?: SecurityRequest,
): Promise<boolean> {
  if (!isDigest(id)) return false;
  const owner = await ownerOf(parts, user, request);
  const stored = await parts.store.get('ses', id);
  if (stored === undefined || !isOwned(stored.record, owner) || !isAlive(stored.record, parts)) return false;
  if (!isOfNow(stored.record, owner.known)) return false;
  return endSession(parts, stored, { type: 'session_ended', reason: 'by_user' }, request);
}

/** Ends all sessions of a user and the logins under way. @returns the number of sessions that this call ended */
export async function endAllOf(
  parts: SessionParts,
  user: Authentication | UserName,
  except: string | undefined,
  request?: SecurityRequest,
): Promise<number> {
  const owner = await ownerOf(parts, user, request);
  for (const name of owner.names) {
    for (const { id, record } of await parts.store.list('half', name)) {
      if (owner.person.homes.includes(record.userstore)) await parts.store.delete('half', id);
    }
  }
  let count = 0;
  for (const stored of await sessionsOf(parts, owner)) {
    if (stored.id === except) continue;
    if (await endSession(parts, stored, { type: 'session_ended', reason: 'by_user' }, request)) count += 1;
  }
  return count;
}

interface Owner {
  readonly person: Person;
  /** The user's name as the caller and as the userstore write it. */
  readonly names: readonly string[];
  readonly known: KnownUser | null | undefined;
}

async function ownerOf(
  { apps }: SessionParts,
  user: Authentication | UserName,
  request: SecurityRequest | undefined,
): Promise<Owner> {
  const app = apps.of(request);
  const person = personOf('SessionService', user, app);
  const known = await app?.findUser(person.username, person.store);
  return { person, known, names: [...new Set([known?.username ?? person.username, person.username])] };
}

async function sessionsOf(parts: SessionParts, owner: Owner): Promise<StoredSession[]> {
  const found: StoredSession[] = [];
  for (const name of owner.names) found.push(...(await parts.store.list('ses', name)));
  return found.filter(({ record }) => isOwned(record, owner));
}

function isOwned({ user, userstore }: SessionRecord, { person, names }: Owner): boolean {
  return names.includes(user) && person.homes.includes(userstore);
}

/** False for a session of a former user of the name, or from before a password change: it is no longer accepted. */
function isOfNow({ stamp, userId }: SessionRecord, known: KnownUser | null | undefined): boolean {
  return known === undefined || (known !== null && known.stamp === stamp && known.id === userId);
}
