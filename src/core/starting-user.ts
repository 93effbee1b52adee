import type { AppFacts, KnownUser } from './auth-provider';
import type { Authentication } from './authentication';
import { AccessDeniedError } from '../errors';

/**
 * The user of a login that was proved in this very request, or that the app states, if it is certain which user is
 * meant.
 * @throws AccessDeniedError if it is uncertain, or the user may not log in
 * @throws ServiceUnavailableError if the userstore cannot answer
 */
export async function startingUser(login: Authentication, app: AppFacts): Promise<KnownUser> {
  const { source, user } = login;
  const [only] = app.userstores;
  if (source === undefined && app.userstores.length !== 1) {
    throw refused('The app states the login itself and has several userstores');
  }
  const known = await app.findUser(user.username, source?.name ?? only);
  if (known === null) throw refused('The userstore of the login has no such user');
  if (!known.isActive) throw refused('The user is not active');
  return known;
}

/**
 * A token of ten minutes must not be exchanged for a refresh token of ninety days.
 * @throws AccessDeniedError for a login by a token, a key or a session
 */
export function refuseUnproved({ provedBy }: Authentication): void {
  if (provedBy !== 'login')
    throw refused(
      `Authenticated by a ${provedBy}, and only a login can start a session, a refresh token or an API key`,
    );
}

function refused(reason: string): AccessDeniedError {
  return new AccessDeniedError({ cause: new Error(reason) });
}
