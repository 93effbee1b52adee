import { types } from 'node:util';
import type { User } from './user';

/** Stores may keep whole seconds. */
const STEP_MS = 1000;

/** A user's `tokensValidFrom` in milliseconds, 0 for none: what tokens of a login are held against. */
export function stampOf(user: Pick<User, 'tokensValidFrom'>): number {
  // An app may state a login of anything; the chain finds out that it is no user.
  const { tokensValidFrom } = Object(user) as { tokensValidFrom?: unknown };
  return types.isDate(tokensValidFrom) ? Date.prototype.getTime.call(tokensValidFrom) : 0;
}

/**
 * The `tokensValidFrom` that ends a user's tokens: now, and at least a second after the one before, so that a change
 * always makes another value, twice within a millisecond, after a clock was set back, or in a store of whole seconds.
 */
export function nextStamp(previous: Date | null | undefined, now: number): Date {
  return new Date(Math.max(now, (previous?.getTime() ?? -Infinity) + STEP_MS));
}
