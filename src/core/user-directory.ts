import type { User } from './user';

/** The changeable fields of a user. Undefined and null remove a field. */
export type UserChange = Partial<Omit<User, 'username'>>;

/** A user cannot be stored: a field is not valid, or a group does not exist. The message quotes no field. */
export class UserRefusedError extends Error {
  override readonly name = 'UserRefusedError';
}

/** Users for administration: the command works on this interface, wherever the users are kept. */
export interface UserDirectory {
  get(username: string): Promise<User | undefined>;
  /** All users, in the order of storage or by name. */
  list(): AsyncIterable<User>;
  /** The names of this list that exist. */
  existing(usernames: readonly string[]): Promise<ReadonlySet<string>>;
  /** False if a user of that name exists. @throws {UserRefusedError} */
  add(user: User): Promise<boolean>;
  /**
   * Applies the result of `change` to the current user, in one step; `change` may be called more than once. False if
   * the user does not exist.
   * @throws {UserRefusedError} and any exception of `change`
   */
  update(username: string, change: (user: User) => UserChange): Promise<boolean>;
  /** False if the user does not exist. */
  remove(username: string): Promise<boolean>;
  /** Adds many users in one step. @returns the names that existed already; these users are left unchanged */
  addAll(users: readonly User[]): Promise<readonly string[]>;
  /** The groups that a user may be in; undefined if the groups are not checked. */
  groupNames(): Promise<ReadonlySet<string> | undefined>;
}
