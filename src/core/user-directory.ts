import type { User } from './user';

/** What of a user can be changed. Undefined and null take a field away. */
export type UserChange = Partial<Omit<User, 'username'>>;

/** A user cannot be kept like this: a field does not hold, or a group is not there. It quotes no field. */
export class UserRefusedError extends Error {
  override readonly name = 'UserRefusedError';
}

/** Users for those who manage them: what the command works on, wherever they are kept. */
export interface UserDirectory {
  get(username: string): Promise<User | undefined>;
  /** All users, in the order in which they are kept, or by name. */
  list(): AsyncIterable<User>;
  /** Those of these names that there are. */
  existing(usernames: readonly string[]): Promise<ReadonlySet<string>>;
  /** False when there is a user of that name. @throws {UserRefusedError} */
  add(user: User): Promise<boolean>;
  /**
   * Changes what `change` makes of the user as it is now, in one step; it may be asked more than once. False when
   * there is no user of that name.
   * @throws {UserRefusedError}; what `change` throws
   */
  update(username: string, change: (user: User) => UserChange): Promise<boolean>;
  /** Adds many in one step. @returns the names that were there already, which are left alone */
  addAll(users: readonly User[]): Promise<readonly string[]>;
  /** The groups that a user may be in; undefined where that is not checked. */
  groupNames(): Promise<ReadonlySet<string> | undefined>;
}
