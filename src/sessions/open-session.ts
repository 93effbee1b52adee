/** The session or half login that the cookie of a request opens. */
import type { Authentication } from '../core/authentication';
import type { SecurityRequest } from '../core/request';
import type { MaybePromise } from '../core/userstore';
import { chained } from '../util/maybe-promise';
import { digestOf, hasDigest, parseCookie, type SessionCookie } from './session-cookie';
import { endOf, isAlive, type SessionParts } from './session-parts';
import type { StoredFactor } from './session-record';
import type { StoredHalf, StoredSession } from './session-store';

export interface OpenSession {
  readonly cookie: SessionCookie;
  readonly stored: StoredSession;
  /** The factors that the cookie's secret stands for. For the former secret these are the factors of that time. */
  readonly factors: readonly StoredFactor[];
  /** True for the former secret, which is accepted for a short time after a change. */
  readonly isFormer: boolean;
}

/**
 * Undefined for a cookie that opens no session, which makes the request anonymous. Without a cookie the state store is
 * not asked. Synchronous if the state store answers synchronously.
 * @throws ServiceUnavailableError if the state store cannot answer
 */
export function openSession(
  parts: SessionParts,
  request: SecurityRequest,
): MaybePromise<OpenSession | undefined> {
  const cookie = parseCookie(request.cookie(parts.cookies.name));
  return cookie === undefined ? undefined : openWith(parts, cookie);
}

export function openWith(parts: SessionParts, cookie: SessionCookie): MaybePromise<OpenSession | undefined> {
  return chained(parts.store.get('ses', digestOf(cookie.handle)), (stored): OpenSession | undefined => {
    if (stored === undefined || !isAlive(stored.record, parts)) return undefined;
    const { secret, factors, former } = stored.record;
    const isCurrent = hasDigest(cookie.secret, secret);
    // Always compared, so that timing does not reveal which of the two secrets matched.
    const isFormer = former !== undefined && hasDigest(cookie.secret, former.secret);
    if (isCurrent) return { cookie, stored, factors, isFormer: false };
    if (!isFormer || !(parts.now() < former.until)) return undefined;
    return { cookie, stored, factors: former.factors, isFormer: true };
  });
}

/**
 * True for a login by the session that this service's cookie in the request names. An app with several session services
 * has several cookies, and each may belong to another user.
 */
export function isLoginOf(parts: SessionParts, request: SecurityRequest, login: Authentication): boolean {
  if (login.provedBy !== 'session' || login.sessionId === undefined) return false;
  const cookie = parseCookie(request.cookie(parts.cookies.name));
  return cookie !== undefined && digestOf(cookie.handle) === login.sessionId;
}

/** The login of a request's cookie that still needs a second factor. */
export async function openHalf(
  parts: SessionParts,
  request: SecurityRequest,
): Promise<StoredHalf | undefined> {
  const cookie = parseCookie(request.cookie(parts.cookies.halfName));
  if (cookie === undefined) return undefined;
  const stored = await parts.store.get('half', digestOf(cookie.handle));
  if (stored === undefined || !(parts.now() < stored.record.until)) return undefined;
  return hasDigest(cookie.secret, stored.record.secret) ? stored : undefined;
}

/** The age, in milliseconds, from which a recorded use of a session is recorded anew. */
function idleStep(idleMs: number): number {
  return Math.min(60_000, idleMs / 10);
}

/**
 * Records that a session is used, if the recorded use is old. If another request changes the entry at the same time,
 * that request has recorded the use or ended the session, and its change stands.
 */
export async function noteUse(parts: SessionParts, { stored }: OpenSession): Promise<void> {
  const { id, record } = stored;
  const now = parts.now();
  if (!isUseOld(parts, record.seen)) return;
  const next = { ...record, seen: now };
  await parts.store.set('ses', id, next, endOf(next, parts.settings), stored);
}

export function isUseOld({ settings, now }: SessionParts, seen: number): boolean {
  return now() - seen > idleStep(settings.idleMs);
}
