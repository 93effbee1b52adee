import type { AppFacts } from '../core/auth-provider';
import { Authentication } from '../core/authentication';
import type { SecurityRequest } from '../core/request';
import { isUser } from '../core/user';
import { AccessDeniedError } from '../errors';
import { hiddenProperty } from '../util/hidden-property';

/** The app and the request that a login came from. */
export interface LoginPlace {
  readonly app: AppFacts;
  readonly request: SecurityRequest;
}

const PLACES = hiddenProperty<LoginPlace>();

/** Records the origin of a login that is handed to an app's own `ApiKeys`: for events, and to find its user. */
export function notePlace(login: Authentication, place: LoginPlace): void {
  PLACES.set(login, place);
}

export function placeOf(login: unknown): LoginPlace | undefined {
  return PLACES.get(login);
}

const MAX_OWNER_BYTES = 512;

/**
 * Checks that a key may be created for a login.
 * @throws TypeError for a login whose key could belong to another user, or that proves less than a key would
 * @throws AccessDeniedError for a login by a key, which may not create keys
 */
export function checkKeyLogin(login: unknown): asserts login is Authentication {
  if (!(login instanceof Authentication)) {
    throw new TypeError(
      'ApiKeys.create() takes an Authentication: the one of @CurrentAuthentication(), or new Authentication(user)',
    );
  }
  const { user, source, isBound, provedBy } = login as Authentication;
  if (!isUser(user)) throw new TypeError('ApiKeys.create(): the login has no valid user');
  if (source?.kind === 'provider') {
    throw new TypeError(
      `ApiKeys.create(): the user comes from ${source.name} and no userstore, so the key could be for somebody else`,
    );
  }
  if (isBound) {
    throw new TypeError(
      'ApiKeys.create(): the login is bound to a key of the client, and the key would not be',
    );
  }
  const { username } = user;
  const isText = username.isWellFormed() && !username.includes('\0');
  if (!isText || Buffer.byteLength(username) > MAX_OWNER_BYTES) {
    throw new TypeError('ApiKeys.create(): the username must be well-formed, and have at most 512 bytes');
  }
  if (provedBy === 'key') throw new AccessDeniedError({ cause: new Error('A key makes no keys') });
}
