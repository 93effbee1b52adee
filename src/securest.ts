/** Security options in, routing-controllers options out. */
import type {
  AuthorizationChecker,
  CurrentUserChecker,
  RoutingControllersOptions,
} from 'routing-controllers';
import type { User } from './core/user';
import { HostDeclarations } from './host/access/declared';
import { bindingOfPair } from './host/install';
import { Security } from './host/security';
import type { SecurityOptions } from './options';
import { assemble } from './security/assemble';

/** routing-controllers' own options, with what securest needs. */
export interface SecurestOptions<
  U extends User = User,
  R extends string = string,
> extends RoutingControllersOptions {
  /** The options of the library itself. @default those of `createSecurity()` */
  security?: SecurityOptions<U, R>;
}

/**
 * Secures an app: takes routing-controllers' options plus `security`, and returns options for
 * createKoaServer, useKoaServer, createExpressServer or useExpressServer. Options that are secured already
 * and bring no new `security` stay as they are.
 * @throws ConfigurationError when the set-up is not safe; more of it is checked when the server is created
 */
export function securest<U extends User = User, R extends string = string>(
  options: SecurestOptions<U, R>,
): RoutingControllersOptions {
  const { security, ...own } = options;
  const before = bindingOfPair(own);
  if (before === undefined) return createSecurity<U, R>(security).secure(own);
  if (security === undefined) return before.secure(own);
  delete own.authorizationChecker;
  delete own.currentUserChecker;
  return createSecurity<U, R>(security).secure(own);
}

/**
 * Builds an independent instance, for a container of its own or several apps in one process.
 * @throws ConfigurationError for options that are unknown or have no valid value
 */
export function createSecurity<U extends User = User, R extends string = string>(
  given: SecurityOptions<U, R> = {},
): Security<U, R> {
  return new Security<U, R>(assemble(given, () => new HostDeclarations()));
}

/** For routing-controllers' option of this name, in an app that is set up by hand. */
export declare const authorizationChecker: AuthorizationChecker;
/** For routing-controllers' option of this name, in an app that is set up by hand. */
export declare const currentUserChecker: CurrentUserChecker;

let defaultInstance: Security | undefined;

// Read when they are asked for, so that an app that uses them can be told from one that does not, and importing the
// library changes nothing.
for (const name of ['authorizationChecker', 'currentUserChecker'] as const) {
  Object.defineProperty(exports, name, {
    enumerable: true,
    get: () => (defaultInstance ??= createSecurity())[name],
  });
}
