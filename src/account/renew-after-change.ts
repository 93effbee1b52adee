import type { Authentication } from '../core/authentication';
import type { SecurityRequest } from '../core/request';
import { isLoginOf } from '../sessions/open-session';
import { renewSession } from '../sessions/renew-session';
import { keeperOf, type SessionService } from '../sessions/session-service';

/**
 * Continues the session of a request after its user has changed the password, with a new secret: the former secret
 * becomes useless.
 * @param before the login of the request
 * @param login the login that the current password proved, with the stamp after the change
 * @returns false if the request did not use a session of this service
 */
export async function renewAfterChange(
  sessions: SessionService,
  { before, login }: { readonly before: Authentication | undefined; readonly login: Authentication },
  request: SecurityRequest,
): Promise<boolean> {
  const { parts } = keeperOf(sessions);
  if (before === undefined || !isLoginOf(parts, request, before)) return false;
  const factor = { method: 'pwd', at: new Date(parts.now()) };
  await renewSession(parts, request, { factor, graceMs: 0, stamp: login.stamp });
  return true;
}
