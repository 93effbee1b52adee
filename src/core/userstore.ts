import type { Group, User } from './user';

/** A value, or a promise of it. */
export type MaybePromise<T> = T | Promise<T>;

/** The key by which the userstore of a provider tells the origin of a user. */
export const ORIGIN_OF: unique symbol = Symbol('securest.originOf');

/** The origin of a user. */
export interface UserOrigin<U extends User = User> {
  /** The store itself, as the app wrote it. */
  readonly store: UserstoreInterface<U>;
  /** The store's name in logs and events. */
  readonly name: string;
  /** True in an app with several userstores: there a username alone does not identify the user. */
  readonly isOneOfSeveral: boolean;
  /** False for a user who must not log in, by `active` or by the option `isActive`. */
  readonly isActive: boolean;
  /** The user's `tokensValidFrom` from the store, whatever a provider changes in the record. */
  readonly tokensValidFrom?: Date;
}

/**
 * Finds the app's userstore of a user that a provider has looked up.
 * @param userstore that the provider received
 * @returns undefined for a user that the provider has not looked up there
 */
export function userstoreOf<U extends User>(
  userstore: UserstoreInterface<U>,
  user: U,
): UserOrigin<U> | undefined {
  return (userstore as { [ORIGIN_OF]?(user: U): UserOrigin<U> | undefined })[ORIGIN_OF]?.(user);
}

/**
 * False for a user who must not log in, by the record and by the app's option `isActive`. The chain refuses such a
 * login anyway; a provider checks it if the response time must not reveal a correct password.
 * @param userstore that the provider received
 */
export function isActiveUser<U extends User>(userstore: UserstoreInterface<U>, user: U): boolean {
  return user.active !== false && userstoreOf(userstore, user)?.isActive !== false;
}

/** The changes that are stored together with a user's hash. */
export interface PasswordUpdate {
  /**
   * Set if the password was changed, so that earlier tokens end; later than the previous value. Absent if only the hash
   * was replaced.
   */
  readonly tokensValidFrom?: Date;
}

/** Tells whether the store records a changed password. */
export function hasStamps(store: UserstoreInterface): boolean {
  return store.hasTokensValidFrom ?? typeof store.updatePassword === 'function';
}

/**
 * Loads users. It is the only interface that an app must implement to use its own users.
 *
 * A store that cannot answer throws {@link ServiceUnavailableError} (the client gets 503); any other exception is a bug
 * (500). Null and undefined always mean that the user does not exist.
 */
export interface UserstoreInterface<U extends User = User> {
  /** For logs and events: in apps with several stores, users appear as `name:username`. @default the class name */
  readonly name?: string;
  /** The user of that name, or null. The identifier comes from the client: bind it in a query, never concatenate it. */
  getUser(identifier: string): MaybePromise<U | null | undefined>;
  /**
   * The group of that name with its own roles and parent groups, or null.
   * @param user the user to whom the roles are given, as this store returned it. A store whose content changes
   * meanwhile answers from the version that the user came from
   */
  getGroup?(name: string, user?: U): MaybePromise<Group | null | undefined>;
  /** The roles that its users and groups have: the security report uses them to find roles that no user can have. */
  listRoles?(): MaybePromise<Iterable<string>>;
  /**
   * Replaces a user's hash, only if it is still `oldHash`. Returns true if it was replaced.
   * @param changes stored together with the hash, in the same step
   */
  updatePassword?(user: U, newHash: string, oldHash: string, changes?: PasswordUpdate): MaybePromise<boolean>;
  /**
   * The user that the app gets instead of this record. For records that cannot be copied without their hash, such as
   * those of Sequelize and Mongoose. Returns a plain object, or an instance of a class, with the same `username` and
   * without the hash. Roles, `active` and `tokensValidFrom` are still taken from the record. It must not be async.
   */
  publicView?(user: U): User;
  /**
   * Whether its users have `tokensValidFrom`. Without it, a password change made elsewhere never shows, so refresh
   * tokens live a day at most.
   * @default true if the store has updatePassword()
   */
  readonly hasTokensValidFrom?: boolean;
  /** For a store that caches users: drops its entry of this user. */
  forget?(username: string): void;
}
