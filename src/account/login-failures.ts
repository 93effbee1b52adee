import { ownChallengesOf, withChallenges } from '../authentication/own-challenges';
import { AuthenticationRequiredError, SecurityError, StepUpRequiredError } from '../errors';
import { isInstance } from '../util/instance';

/** What the controllers of logins ask for: nothing that opens a window of the browser's own. */
export const SESSION = { scheme: 'Session' } as const;

/** No refusal of these controllers makes a browser ask for a password. */
export function markChallenges(error: unknown): void {
  if (!isInstance<SecurityError>(error, SecurityError) || ownChallengesOf(error) !== undefined) return;
  // By session it is 403, which has no challenge.
  if (isInstance(error, StepUpRequiredError)) return;
  if (error.httpCode === 401) withChallenges(error, SESSION);
  if (error.httpCode === 400) withChallenges(error);
}

/** What the login page may see of a failure; undefined for what stays a status. */
export function codeOf(error: unknown): string | undefined {
  if (!isInstance<SecurityError>(error, SecurityError)) return undefined;
  if (error.httpCode === 429) return 'too_many_attempts';
  if (error.httpCode !== 401 || isInstance(error, StepUpRequiredError)) return undefined;
  return isInstance(error, AuthenticationRequiredError) ? 'login_expired' : 'invalid_credentials';
}
