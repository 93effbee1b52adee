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

/** The options of routing-controllers, with those of securest. */
export interface SecurestOptions<
  U extends User = User,
  R extends string = string,
> extends RoutingControllersOptions {
  /** The options of the library itself. @default those of `createSecurity()` */
  security?: SecurityOptions<U, R>;
}

/**
 * Secures an app: takes the options of routing-controllers plus `security`, and returns options for createKoaServer,
 * useKoaServer, createExpressServer or useExpressServer. Options that are secured already and bring no new `security`
 * stay as they are.
 * @throws ConfigurationError if the set-up is not safe; further checks follow when the server is created
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
 * Builds an independent instance, for an app with its own container or for several apps in one process.
 * @throws ConfigurationError for unknown options and for invalid values
 */
export function createSecurity<U extends User = User, R extends string = string>(
  given: SecurityOptions<U, R> = {},
): Security<U, R> {
  return new Security<U, R>(assemble(given, () => new HostDeclarations()));
}

/** The value for the option of this name of routing-controllers, in an app that is set up by hand. */
export declare const authorizationChecker: AuthorizationChecker;
/** The value for the option of this name of routing-controllers, in an app that is set up by hand. */
export declare const currentUserChecker: CurrentUserChecker;

let defaultInstance: Security | undefined;

// Getters, so that the library can tell whether an app uses them, and so that importing the library changes nothing.
for (const name of ['authorizationChecker', 'currentUserChecker'] as const) {
  Object.defineProperty(exports, name, {
    enumerable: true,
    get: () => (defaultInstance ??= createSecurity())[name],
  });
}
