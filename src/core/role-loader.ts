import type { SecurityRequest } from './request';
import type { User } from './user';
import type { MaybePromise } from './userstore';

/**
 * Adds roles to those that a user has itself and by its groups: from a database, a claim, a service. It is asked at
 * most once per request, when a guard first needs a role. Any exception is answered with 503, because a missing role
 * could be one that a rule denies.
 */
export interface RoleLoaderInterface<U extends User = User> {
  /** For logs and events. @default the class name */
  readonly name?: string;
  /** The additional roles of the user, any iterable of names. @param request the request that is decided */
  getRoles(user: U, request: SecurityRequest): MaybePromise<Iterable<string>>;
}
