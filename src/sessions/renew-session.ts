/** A session gets a new secret after an additional factor and after a password change. */
import type { Factor } from '../core/factors';
import type { SecurityRequest } from '../core/request';
import { AuthenticationRequiredError, ServiceUnavailableError } from '../errors';
import { openSession, openWith, type OpenSession } from './open-session';
import { digestOf, newSecret } from './session-cookie';
import { infoOf, type SessionInfo } from './session-info';
import { endOf, replyOf, type SessionParts, storedFactors } from './session-parts';
import type { SessionRecord, StoredFactor } from './session-record';

const TRIES = 5;

export interface Renewal {
  readonly factor: Factor;
  /** How long the former secret is still accepted, for requests that are under way. */
  readonly graceMs: number;
  /** The `tokensValidFrom` after a change of the password. @default that of the session */
  readonly stamp?: number;
}

/**
 * Gives the session of a request's cookie a new secret. Of several concurrent calls one changes the session; the others
 * resolve if that call proved the same method.
 * @throws AuthenticationRequiredError if the session does not exist, or has ended meanwhile
 * @throws ServiceUnavailableError if the state store cannot answer, or other requests change the session at each try
 */
export async function renewSession(
  parts: SessionParts,
  request: SecurityRequest,
  { factor, graceMs, stamp }: Renewal,
): Promise<SessionInfo> {
  const response = replyOf('strengthen', request);
  const [proved] = storedFactors([factor]) as [StoredFactor];
  let open = await openSession(parts, request);
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    if (open === undefined) throw new AuthenticationRequiredError();
    const { stored, cookie, isFormer } = open;
    const { id, record } = stored;
    if (isFormer) {
      if (isProvedAnew(open, proved)) return infoOf(id, record, parts, { id });
      throw lostRace();
    }
    const secret = newSecret();
    const now = parts.now();
    const next: SessionRecord = {
      ...record,
      stamp: stamp ?? record.stamp,
      factors: [...record.factors.filter(({ method }) => method !== proved.method), proved],
      secret: digestOf(secret),
      former:
        graceMs > 0 ? { secret: record.secret, factors: record.factors, until: now + graceMs } : undefined,
      seen: Math.max(now, record.seen),
    };
    if (await parts.store.set('ses', id, next, endOf(next, parts.settings), stored)) {
      parts.cookies.set(response, { handle: cookie.handle, secret }, (next.ends - now) / 1000);
      return infoOf(id, next, parts, { id });
    }
    open = await openWith(parts, cookie);
  }
  throw lostRace();
}

/** Whether the change that won proved the same method. */
function isProvedAnew({ stored, factors }: OpenSession, { method, at: time }: StoredFactor): boolean {
  const at = (list: readonly StoredFactor[]): number | null | undefined =>
    list.find((factor) => factor.method === method)?.at;
  const present = at(stored.record.factors);
  return present !== undefined && (present === time || present !== at(factors));
}

function lostRace(): ServiceUnavailableError {
  return new ServiceUnavailableError({
    retryAfterSeconds: 1,
    cause: new Error('The session was changed by others at the same time'),
  });
}
