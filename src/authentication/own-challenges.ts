import type { Challenge } from '../core/challenge';
import type { SecurityError } from '../errors';

/** A symbol, since a copy of an error for a reply keeps its symbol properties. */
const CHALLENGES = Symbol('securest.challenges');

/**
 * Makes an error that the library's own controllers throw answer with these challenges instead of those of all
 * providers. After a login of a browser has ended, Basic would open a window that asks for a password.
 */
export function withChallenges<E extends SecurityError>(error: E, ...challenges: readonly Challenge[]): E {
  Object.defineProperty(error, CHALLENGES, { value: challenges, configurable: true });
  return error;
}

/** Undefined for an error that answers with the challenges of the providers. */
export function ownChallengesOf(error: SecurityError): readonly Challenge[] | undefined {
  return (error as { [CHALLENGES]?: readonly Challenge[] })[CHALLENGES];
}
