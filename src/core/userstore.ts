import type { Group, User } from './user';

/** A value now or later. */
export type MaybePromise<T> = T | Promise<T>;

/** Asks the userstore that a provider is handed where a user came from. */
export const ORIGIN_OF: unique symbol = Symbol('securest.originOf');

/** Where a user came from. */
export interface UserOrigin<U extends User = User> {
  /** The store itself, as the app wrote it. */
  readonly store: UserstoreInterface<U>;
  /** The store's name in logs and events. */
  readonly name: string;
  /** True in an app with several userstores: there a user's name alone does not say who it is. */
  readonly isOneOfSeveral: boolean;
  /** False for a user who must not log in, by `active` and by the option `isActive`. */
  readonly isActive: boolean;
  /** Its `tokensValidFrom` as the store gave it, whatever a provider makes of the record. */
  readonly tokensValidFrom?: Date;
}

/**
 * Which of the app's userstores a user came from that a provider has looked up.
 * @param userstore that the provider was handed
 * @returns undefined for a user that it has not looked up there
 */
export function userstoreOf<U extends User>(
  userstore: UserstoreInterface<U>,
  user: U,
): UserOrigin<U> | undefined {
  return (userstore as { [ORIGIN_OF]?(user: U): UserOrigin<U> | undefined })[ORIGIN_OF]?.(user);
}

/**
 * False for a user who must not log in, by the record and by the app's option `isActive`. The chain refuses such a login
 * anyway; a provider asks where a right password must not show by its time.
 * @param userstore that the provider was handed
 */
export function isActiveUser<U extends User>(userstore: UserstoreInterface<U>, user: U): boolean {
  return user.active !== false && userstoreOf(userstore, user)?.isActive !== false;
}

/** What changes together with a user's hash. */
export interface PasswordUpdate {
  /**
   * Set when the password was changed, so that earlier tokens end; later than the previous value. Absent where only
   * the hash is another.
   */
  readonly tokensValidFrom?: Date;
}

/**
 * Loads users. The only thing an app must write to bring its own users.
 *
 * A store that cannot answer throws {@link ServiceUnavailableError} (the client gets 503); any other throw
 * is a bug (500). Null and undefined mean that the user does not exist, and nothing else.
 */
export interface UserstoreInterface<U extends User = User> {
  /** For logs and events: apps with several stores see users as `name:username`. @default the class name */
  readonly name?: string;
  /** The user of that name, or null. The identifier comes from the client: bind it, never build it in. */
  getUser(identifier: string): MaybePromise<U | null | undefined>;
  /**
   * The group of that name with its own roles and parent groups, or null.
   * @param user whose roles are worked out, as this store returned it: a store that changes under way
   * answers from the version that the user came from
   */
  getGroup?(name: string, user?: U): MaybePromise<Group | null | undefined>;
  /** The roles that its users and groups have: by it the security report finds roles that nobody can have. */
  listRoles?(): MaybePromise<Iterable<string>>;
  /**
   * Replaces a user's hash, only where it still is `oldHash`. True when it was replaced.
   * @param changes what is stored with it, in the same step
   */
  updatePassword?(user: U, newHash: string, oldHash: string, changes?: PasswordUpdate): MaybePromise<boolean>;
  /**
   * What the app gets in place of this user, for records that cannot be copied without their hash, such as those
   * of Sequelize and Mongoose: a plain object, or an instance of a class, with the same `username` and without
   * the hash. Roles, `active` and `tokensValidFrom` are still taken from the record. It may not be async.
   */
  publicView?(user: U): User;
  /**
   * Whether its users have `tokensValidFrom`. Without it a password that is changed elsewhere never shows, so refresh tokens
   * live a day at most.
   * @default true where it has updatePassword()
   */
  readonly hasTokensValidFrom?: boolean;
  /** For a store that keeps users for a while: drops what it keeps of this one. */
  forget?(username: string): void;
}
