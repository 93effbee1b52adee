import type { Factor } from '../core/factors';
import { factorsIn, type SessionParts } from './session-parts';
import type { SessionRecord } from './session-record';

/** A session as its user may see it: nothing of it opens anything. */
export interface SessionInfo {
  readonly id: string;
  readonly startedAt: Date;
  /** To the minute. */
  readonly lastSeenAt: Date;
  /** When it ends unless it is used before. */
  readonly idleEndsAt: Date;
  /** When it ends in any case. */
  readonly endsAt: Date;
  readonly factors: readonly Factor[];
  /** Where it was started. */
  readonly ip: string;
  /** The browser, as it named itself then. */
  readonly userAgent: string;
  /** True for the session of the given login; absent for a user by name. */
  readonly isCurrent?: boolean;
}

/** @param current the session of whoever asks; absent where nobody does by one */
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
