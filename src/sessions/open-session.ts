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
  /** What the secret of the cookie stands for: of the former one, what was proved then. */
  readonly factors: readonly StoredFactor[];
  /** True for the secret of before a change, which counts for a moment. */
  readonly isFormer: boolean;
}

/**
 * Undefined for a cookie that opens nothing, which is nobody's; the state is not asked where there is none. At once where
 * the state answers at once.
 * @throws ServiceUnavailableError when the state cannot say
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
    // Always compared, so that the time says nothing of which of the two it is.
    const isFormer = former !== undefined && hasDigest(cookie.secret, former.secret);
    if (isCurrent) return { cookie, stored, factors, isFormer: false };
    if (!isFormer || !(parts.now() < former.until)) return undefined;
    return { cookie, stored, factors: former.factors, isFormer: true };
  });
}

/**
 * True for a login by the very session that the cookie of a request names here. An app with several services of sessions
 * has several cookies, and each may be of somebody else.
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

/** How long ago it was written that a session is used, at which it is written anew. */
function idleStep(idleMs: number): number {
  return Math.min(60_000, idleMs / 10);
}

/**
 * Writes that a session is used, where that was written long ago. Where others change the entry at the same time they
 * have written it, or it has ended: then it stays so.
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
