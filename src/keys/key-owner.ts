import type { AppFacts } from '../core/auth-provider';
import { Authentication } from '../core/authentication';
import type { UserName } from '../core/named-user';
import { userIdOf } from '../core/user';
import type { KeyRow } from './key-row';

/** Whose keys are meant. */
export interface KeyOwner {
  readonly user: string;
  readonly userstore: string | undefined;
  /** Undefined where a name stands for all who ever had it; `id` is absent for a person without one. */
  readonly person: { readonly id: string | undefined } | undefined;
}

/** @throws TypeError for what names no user */
export async function ownerOf(
  user: Authentication | UserName,
  app: AppFacts | undefined,
): Promise<KeyOwner & { readonly hasStamp?: boolean | undefined }> {
  if (!(user instanceof Authentication)) return { ...named(user), person: undefined };
  const login: Authentication = user;
  const { username } = login.user;
  const userstore = Authentication.homeOf(login);
  const id = userIdOf(login.user);
  if (id !== undefined || app === undefined) return { ...named({ username, userstore }), person: { id } };
  // What the app sees of a user may lack the id.
  const known = await app.findUser(username, userstore);
  const isSame = known?.stamp === login.stamp;
  return {
    ...named({ username, userstore }),
    person: { id: isSame ? known.id : undefined },
    hasStamp: known?.hasStamp,
  };
}

/** A key of a former user of the same name is not this one's, as far as `id` tells. */
export function isOwnedBy(row: KeyRow, { user, userstore, person }: KeyOwner): boolean {
  return (
    row.user === user && row.userstore === userstore && (person === undefined || row.userId === person.id)
  );
}

function named(user: unknown): Pick<KeyOwner, 'user' | 'userstore'> {
  const { username, userstore } = (user ?? {}) as { username?: unknown; userstore?: unknown };
  const isNamed = typeof username === 'string' && username !== '';
  if (!isNamed || (userstore !== undefined && typeof userstore !== 'string')) {
    throw new TypeError('ApiKeys takes an Authentication, or { username, userstore } of a user');
  }
  return { user: username, userstore };
}
