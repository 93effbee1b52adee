import type { Challenge } from '../core/challenge';
import type { SecurityError } from '../errors';

/** A copy of an error for a reply keeps what is under a symbol. */
const CHALLENGES = Symbol('securest.challenges');

/**
 * Has an error that an action of the library's own controllers throws answer with these challenges in place of those of
 * all providers: after a login of a browser has ended, Basic would open a window that asks for a password.
 */
export function withChallenges<E extends SecurityError>(error: E, ...challenges: readonly Challenge[]): E {
  Object.defineProperty(error, CHALLENGES, { value: challenges, configurable: true });
  return error;
}

/** Undefined for an error that answers as all others. */
export function ownChallengesOf(error: SecurityError): readonly Challenge[] | undefined {
  return (error as { [CHALLENGES]?: readonly Challenge[] })[CHALLENGES];
}
