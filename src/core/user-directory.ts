import type { User } from './user';

/** What of a user can be changed. Undefined and null take a field away. */
export type UserChange = Partial<Omit<User, 'username'>>;

/** A user cannot be stored like this: a field is not valid, or a group does not exist. It quotes no field. */
export class UserRefusedError extends Error {
  override readonly name = 'UserRefusedError';
}

/** Users for those who manage them: what the command works on, wherever they are kept. */
export interface UserDirectory {
  get(username: string): Promise<User | undefined>;
  /** All users, in the order in which they are kept, or by name. */
  list(): AsyncIterable<User>;
  /** Those of these names that exist. */
  existing(usernames: readonly string[]): Promise<ReadonlySet<string>>;
  /** False when a user of that name exists. @throws {UserRefusedError} */
  add(user: User): Promise<boolean>;
  /**
   * Changes what `change` makes of the user as it is now, in one step; it may be asked more than once. False when
   * the user does not exist.
   * @throws {UserRefusedError}; what `change` throws
   */
  update(username: string, change: (user: User) => UserChange): Promise<boolean>;
  /** False when the user does not exist. */
  remove(username: string): Promise<boolean>;
  /** Adds many in one step. @returns the names that were there already, which are left alone */
  addAll(users: readonly User[]): Promise<readonly string[]>;
  /** The groups that a user may be in; undefined where that is not checked. */
  groupNames(): Promise<ReadonlySet<string> | undefined>;
}
