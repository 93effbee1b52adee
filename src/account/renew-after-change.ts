import type { Authentication } from '../core/authentication';
import type { SecurityRequest } from '../core/request';
import { renewSession } from '../sessions/renew-session';
import { keeperOf, type SessionService } from '../sessions/session-service';

/**
 * Lets the session of a request go on after its user has changed the password, with a new secret: whoever had the former
 * one has it no longer.
 * @param login that the current password proved, with the stamp of after the change
 */
export async function renewAfterChange(
  sessions: SessionService,
  login: Authentication,
  request: SecurityRequest,
): Promise<void> {
  const { parts } = keeperOf(sessions);
  const factor = { method: 'pwd', at: new Date(parts.now()) };
  await renewSession(parts, request, { factor, graceMs: 0, stamp: login.stamp });
}
