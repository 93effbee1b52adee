import type { User } from './user';

/** By the user as the app has it: records of two stores may be alike in every field. */
const HOMES = new WeakMap<User, string>();

/** Keeps which of an app's several userstores a user who logged in came from. */
export function noteHomeStore(user: User, name: string): void {
  HOMES.set(user, name);
}

/** The name of that store; undefined in an app with one, and for a user who did not log in. */
export function homeStoreOf(user: User): string | undefined {
  return HOMES.get(user);
}
