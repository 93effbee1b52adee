import type { ServerResponse } from 'node:http';
import type { Apps } from '../core/apps';
import { type Factor, methodsOf, timeOf } from '../core/factors';
import { frozenNames } from '../core/frozen-json';
import type { SecurityRequest } from '../core/request';
import { rawResponse } from '../http/raw';
import type { SessionCookies } from './session-cookie';
import type { SessionSettings } from './session-options';
import type { SessionRecord, StoredFactor } from './session-record';
import type { SessionStore } from './session-store';

/** The components that the functions of sessions share. */
export interface SessionParts {
  readonly store: SessionStore;
  readonly settings: SessionSettings;
  readonly cookies: SessionCookies;
  readonly apps: Apps;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** The reply that carries the cookie. @throws TypeError if its headers have been sent */
export function replyOf(call: string, { action }: SecurityRequest): ServerResponse {
  const response = rawResponse(action);
  if (response !== undefined && !response.headersSent) return response;
  throw new TypeError(`SessionService.${call}() sets a cookie, and the reply has begun`);
}

/** When a session ends if it is not used any more. Options that became stricter also apply to earlier sessions. */
export function endOf({ started, seen, ends }: SessionRecord, { maxMs, idleMs }: SessionSettings): number {
  return Math.min(ends, started + maxMs, seen + idleMs);
}

export function isAlive(record: SessionRecord, { settings, now }: SessionParts): boolean {
  return now() < endOf(record, settings);
}

export function storedFactors(factors: readonly Factor[]): readonly StoredFactor[] {
  return factors.map((factor) => {
    const time = timeOf(factor);
    return { method: factor.method, at: Number.isFinite(time) ? time : null };
  });
}

export function factorsIn(stored: readonly StoredFactor[]): readonly Factor[] {
  return stored.map(({ method, at }) => ({ method, at: at === null ? null : new Date(at) }));
}

/** Cached by the list of a record, which many requests share and which never changes. */
const METHODS = new WeakMap<readonly StoredFactor[], readonly string[]>();

/** The methods of a login with the given factors. */
export function methodsIn(stored: readonly StoredFactor[]): readonly string[] {
  const known = METHODS.get(stored);
  if (known !== undefined) return known;
  const methods = frozenNames(...methodsOf(factorsIn(stored)));
  METHODS.set(stored, methods);
  return methods;
}
