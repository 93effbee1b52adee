import type { Access } from './access';
import type { SecurityRequest } from './request';
import type { User } from './user';
import type { MaybePromise } from './userstore';

/** An answer with a reason. Event listeners receive the reason, clients never do. */
export interface Decision {
  readonly granted: boolean;
  readonly reason?: string | undefined;
}

/** The roles of one user, as one request sees them. */
export interface UserRoles {
  /** The roles of the user, of the user's groups and of role loaders. */
  readonly assigned: ReadonlySet<string>;
  /** The assigned roles, with all roles that the role hierarchy implies. */
  readonly effective: ReadonlySet<string>;
}

/** Facts for an authorization provider to check its rules against when a server starts, and for the report. */
export interface AuthorizationFacts {
  /** The effective access of every route, in the order of their registration, and of guards outside of actions. */
  readonly routes: readonly Access[];
  /** The roles that any user may have; undefined if they cannot be known. */
  readonly roles: UserRoles | undefined;
}

/** A set-up that is allowed but seldom intended. */
export interface AuthorizationWarning {
  readonly code: 'rule_without_route' | 'unobtainable_role';
  readonly message: string;
}

/**
 * A rule of the app for every guarded action, asked after authentication and after the action's own guard. All of an
 * app's authorization providers must grant. Only a literal true, or a decision whose `granted` is a literal true,
 * grants. A ServiceUnavailableError is answered with 503, any other exception with 500.
 */
export interface AuthorizationProviderInterface<U extends User = User> {
  /** For logs and events. @default the class name */
  readonly name?: string;
  /**
   * @param roles loads the user's roles, at most once per request; a failing store or role loader is answered with 503
   */
  authorize(
    request: SecurityRequest,
    user: U,
    access: Access,
    roles: () => Promise<UserRoles>,
  ): MaybePromise<boolean | Decision>;
  /** Describes its requirement on a route in words, for the security report and the lock file. @default nothing */
  describe?(access: Access): string;
  /** Warnings for the log when a server starts, and for the security report. @default nothing */
  warnings?(facts: AuthorizationFacts): Iterable<AuthorizationWarning>;
}
