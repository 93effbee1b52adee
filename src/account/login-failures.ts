import { ownChallengesOf, withChallenges } from '../authentication/own-challenges';
import { AuthenticationRequiredError, SecurityError, StepUpRequiredError } from '../errors';
import { isInstance } from '../util/instance';

/** The challenge of the login controllers. It does not make a browser open its own login dialog. */
export const SESSION = { scheme: 'Session' } as const;

/** Ensures that no error response of these controllers makes a browser ask for a password. */
export function markChallenges(error: unknown): void {
  if (!isInstance<SecurityError>(error, SecurityError) || ownChallengesOf(error) !== undefined) return;
  // For a session it is 403, which has no challenge.
  if (isInstance(error, StepUpRequiredError)) return;
  if (error.httpCode === 401) withChallenges(error, SESSION);
  if (error.httpCode === 400) withChallenges(error);
}

/** The error code that the login page may see; undefined if the failure stays a status. */
export function codeOf(error: unknown): string | undefined {
  if (!isInstance<SecurityError>(error, SecurityError)) return undefined;
  if (error.httpCode === 429) return 'too_many_attempts';
  if (error.httpCode !== 401 || isInstance(error, StepUpRequiredError)) return undefined;
  return isInstance(error, AuthenticationRequiredError) ? 'login_expired' : 'invalid_credentials';
}
