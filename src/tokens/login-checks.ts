import { Authentication } from '../core/authentication';
import { isUser } from '../core/user';
import { isScope } from '../util/scope-name';

/** @throws TypeError for a bare user, for example */
export function checkIsLogin(call: string, login: unknown): asserts login is Authentication {
  if (login instanceof Authentication) return;
  throw new TypeError(
    `TokenService.${call}() takes an Authentication: the one of @CurrentAuthentication(), ` +
      'or new Authentication(user) for a login that was proved just now',
  );
}

/**
 * Refuses a login that a token cannot represent.
 * @throws TypeError with the remedy in its message
 */
export function checkLogin(call: string, login: unknown): asserts login is Authentication {
  checkIsLogin(call, login);
  if (!isUser(login.user)) throw new TypeError(`TokenService.${call}(): the login has no valid user`);
  if (login.source?.kind === 'provider') {
    throw new TypeError(
      `TokenService.${call}(): the user comes from ${login.source.name} and no userstore, so the token could be for ` +
        'somebody else: look the user up in the userstore, and state the login by new Authentication(user)',
    );
  }
  if (login.isBound) {
    throw new TypeError(
      `TokenService.${call}(): the login is bound to a key of the client, and the token would not be: let the client ` +
        'use the credential that it has',
    );
  }
  if (login.roles.length > 0) {
    throw new TypeError(
      `TokenService.${call}(): the credential of the login adds roles that the user does not have, and the token would ` +
        'lose them: give the user its roles in the userstore, and state the login by new Authentication(user)',
    );
  }
  if (login.scopes?.every((scope) => isScope(scope)) === false) {
    throw new TypeError(`TokenService.${call}(): a scope must be printable ASCII without spaces`);
  }
}

/** The time of the login. @throws TypeError when it is unknown */
export function provedAt(call: string, { authenticatedAt }: Authentication): Date {
  if (authenticatedAt !== undefined) return authenticatedAt;
  throw new TypeError(
    `TokenService.${call}(): when the login took place is not known, so the token could outlive any limit: have its ` +
      "provider state `authenticatedAt` or, if it is a login of this moment, `proves = 'login'`; or guard the action " +
      'with recentLogin(), which asks the client for a login of known time',
  );
}
