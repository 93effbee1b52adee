import type { Action } from './exchange';
import type { SecurityRequest } from './request';
import type { User } from './user';
import type { MaybePromise } from './userstore';

/** A policy as a class, resolved from the container: `@Authorized(MyPolicy)`. Only a literal true grants. */
export interface RoleChecker<U extends User = User> {
  check(action: Action, user: U, request: SecurityRequest): MaybePromise<boolean>;
}

/** A policy as a function. Only a literal true grants. */
export type Predicate<U extends User = User> = (user: U, request: SecurityRequest) => MaybePromise<boolean>;
