import type { Factor } from '../core/factors';
import { factorsIn, type SessionParts } from './session-parts';
import type { SessionRecord } from './session-record';

/** A session as its user may see it. It contains no secret: nothing in it opens a session. */
export interface SessionInfo {
  readonly id: string;
  readonly startedAt: Date;
  /** The last use, accurate to a minute. */
  readonly lastSeenAt: Date;
  /** When the session ends if it is not used before. */
  readonly idleEndsAt: Date;
  /** When the session ends in any case. */
  readonly endsAt: Date;
  readonly factors: readonly Factor[];
  /** The address of the client that started the session. */
  readonly ip: string;
  /** The browser that started the session, as its User-Agent header said. */
  readonly userAgent: string;
  /** True for the session of the given login; absent if the user was given by name. */
  readonly isCurrent?: boolean;
}

/** @param current the session of the login that was given; absent if the user was given by name */
export function infoOf(
  id: string,
  record: SessionRecord,
  { settings }: SessionParts,
  current?: { readonly id: string | undefined },
): SessionInfo {
  const { started, seen, ends, factors, ip, userAgent } = record;
  const end = Math.min(ends, started + settings.maxMs);
  return {
    id,
    startedAt: new Date(started),
    lastSeenAt: new Date(seen),
    idleEndsAt: new Date(Math.min(end, seen + settings.idleMs)),
    endsAt: new Date(end),
    factors: factorsIn(factors),
    ip,
    userAgent,
    ...(current !== undefined && { isCurrent: current.id === id }),
  };
}
