import { Authentication } from './authentication';
import type { AppFacts } from './auth-provider';
import type { UserName } from './named-user';
import { isUser } from './user';

/** Whose tokens or sessions are meant. */
export interface Person {
  readonly username: string;
  /** What is kept of them may have this as `userstore`. */
  readonly homes: readonly (string | undefined)[];
  /** The store to ask for them; undefined outside of an app. */
  readonly store: string | undefined;
}

/**
 * @param service for messages
 * @throws TypeError where it cannot be told who is meant: somebody of the same name is somebody else
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
  // Entries of an app with one store have no name of it, or one from a time when there were several.
  if (first !== undefined && others.length === 0 && (userstore ?? first) === first) {
    return { username, homes: [undefined, first], store: first };
  }
  if (userstore === undefined && others.length > 0) {
    throw nobody('the app has several userstores, so `userstore` must say which one has the user');
  }
  return { username, homes: [userstore], store: userstore };
}
