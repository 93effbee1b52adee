import type { Access } from './access';
import type { SecurityRequest } from './request';
import type { User } from './user';
import type { MaybePromise } from './userstore';

/** An answer with a reason, which listeners hear and the client never does. */
export interface Decision {
  readonly granted: boolean;
  readonly reason?: string | undefined;
}

/** The roles of one user, as one request sees them. */
export interface UserRoles {
  /** The user's own, its groups' and those that role loaders add. */
  readonly assigned: ReadonlySet<string>;
  /** The same, with all that the role hierarchy implies. */
  readonly effective: ReadonlySet<string>;
}

/** What an authorization provider may check its rules against when a server starts, and for the report. */
export interface AuthorizationFacts {
  /** The effective access of every route, in the order in which they are registered, and of what guards no action. */
  readonly routes: readonly Access[];
  /** The roles that any user may have; undefined where that cannot be known. */
  readonly roles: UserRoles | undefined;
}

/** Something that is allowed and seldom meant. */
export interface AuthorizationWarning {
  readonly code: 'rule_without_route' | 'unobtainable_role';
  readonly message: string;
}

/**
 * A rule of the app for every guarded action, asked after authentication and after the action's own guard.
 * All of an app's authorization providers must grant. Only a literal true, or a decision whose `granted` is
 * a literal true, grants; a ServiceUnavailableError answers 503, any other throw 500.
 */
export interface AuthorizationProviderInterface<U extends User = User> {
  /** For logs and events. @default the class name */
  readonly name?: string;
  /** @param roles loads the user's roles, at most once a request; a failing store or role loader answers 503 */
  authorize(
    request: SecurityRequest,
    user: U,
    access: Access,
    roles: () => Promise<UserRoles>,
  ): MaybePromise<boolean | Decision>;
  /** What it asks of a route, in words, for the security report and the lock file. @default nothing */
  describe?(access: Access): string;
  /** Told in the log when a server starts, and in the security report. @default nothing */
  warnings?(facts: AuthorizationFacts): Iterable<AuthorizationWarning>;
}
