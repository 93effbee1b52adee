import type { Authentication } from '../../core/authentication';
import type { AppFacts, KnownUser } from '../../core/auth-provider';
import type { SecurityRequest } from '../../core/request';
import { silencePromisesIn } from '../../core/silence';
import { AccessDeniedError } from '../../errors';
import type { FamilyParts } from './parts';
import { bindingOf } from './refresh-token';

/**
 * The user of a login that was proved in this very request, or that the app states where it is certain who is meant.
 * @throws AccessDeniedError where it is not, or the user may not log in
 * @throws ServiceUnavailableError when the userstore cannot say
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
 * Ten minutes of a token must not become ninety days.
 * @throws AccessDeniedError for a login by a token, a key or a session
 */
export function refuseUnproved({ provedBy }: Authentication): void {
  if (provedBy !== 'login') throw refused(`Authenticated by a ${provedBy}, and only a login starts a family`);
}

function refused(reason: string): AccessDeniedError {
  return new AccessDeniedError({ cause: new Error(reason) });
}

/**
 * What a family is bound to, or held against.
 * @throws TypeError without the request that it is read from
 */
export function clientOf(
  { settings: { client } }: FamilyParts,
  call: string,
  familySecret: string,
  request: SecurityRequest | undefined,
): string | undefined {
  if (client === undefined) return undefined;
  if (request === undefined) {
    throw new TypeError(`TokenService.${call}() needs the request, because of the option refresh.client`);
  }
  const value: unknown = client(request);
  // Of an async function.
  silencePromisesIn(value);
  if (value === undefined) return undefined;
  if (typeof value !== 'string') throw new TypeError('refresh.client must return a text or undefined');
  return bindingOf(familySecret, value);
}
