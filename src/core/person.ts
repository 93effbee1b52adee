import { Authentication } from './authentication';
import type { AppFacts } from './auth-provider';
import type { UserName } from './named-user';
import { isUser } from './user';

/** The owner of tokens or sessions. */
export interface Person {
  readonly username: string;
  /** The values that the owner's stored entries may have as `userstore`. */
  readonly homes: readonly (string | undefined)[];
  /** The store to ask for the owner; undefined outside of an app. */
  readonly store: string | undefined;
}

/**
 * Finds the owner that a call means.
 * @param service for messages
 * @throws TypeError if the owner is ambiguous: a user of the same name may be another person
 */
export function personOf(
  service: string,
  user: Authentication | UserName,
  app: AppFacts | undefined,
): Person {
  const nobody = (problem: string): TypeError => new TypeError(`${service}: ${problem}`);
  if (!(user instanceof Authentication)) {
    const { username, userstore } = Object(user) as Partial<Record<keyof UserName, unknown>>;
    if (typeof username !== 'string' || username === '')
      throw nobody('needs an Authentication, or { username }');
    if (userstore !== undefined && (typeof userstore !== 'string' || userstore === '')) {
      throw nobody('`userstore` must be the name of a userstore');
    }
    return at(username, userstore, app, nobody);
  }
  if (!isUser(user.user)) throw nobody('the login has no valid user');
  if (user.source?.kind === 'provider') throw nobody('the user of the login belongs to no userstore');
  return at(user.user.username, Authentication.homeOf(user) ?? (app && user.source?.name), app, nobody);
}

function at(
  username: string,
  userstore: string | undefined,
  app: AppFacts | undefined,
  nobody: (problem: string) => TypeError,
): Person {
  const [first, ...others] = app?.userstores ?? [];
  // In an app with one store, entries have no store name, or a name from a time with several stores.
  if (first !== undefined && others.length === 0 && (userstore ?? first) === first) {
    return { username, homes: [undefined, first], store: first };
  }
  if (userstore === undefined && others.length > 0) {
    throw nobody('the app has several userstores, so `userstore` must say which one has the user');
  }
  return { username, homes: [userstore], store: userstore };
}
