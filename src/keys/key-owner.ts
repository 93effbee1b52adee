import type { AppFacts } from '../core/auth-provider';
import { Authentication } from '../core/authentication';
import type { UserName } from '../core/named-user';
import { userIdOf } from '../core/user';
import type { KeyRow } from './key-row';

/** The owner of keys. */
export interface KeyOwner {
  readonly user: string;
  readonly userstore: string | undefined;
  /** The values that the owner's keys may have as `userstore`. */
  readonly homes: readonly (string | undefined)[];
  /** Undefined if the name stands for every user who ever had it; `id` is absent for a user without an id. */
  readonly person: { readonly id: string | undefined } | undefined;
}

/** @throws TypeError when the value names no user */
export async function ownerOf(
  user: Authentication | UserName,
  app: AppFacts | undefined,
): Promise<KeyOwner & { readonly hasStamp?: boolean | undefined }> {
  const stores = app?.userstores ?? [];
  if (!(user instanceof Authentication)) {
    const owner = named(user);
    return { ...owner, homes: homesOf(owner.userstore, stores), person: undefined };
  }
  const login: Authentication = user;
  const { username } = login.user;
  const userstore = Authentication.homeOf(login);
  const owner = named({ username, userstore });
  const homes = homesOf(
    userstore,
    app === undefined && login.source !== undefined ? [login.source.name] : stores,
  );
  const id = userIdOf(login.user);
  if (id !== undefined || app === undefined) return { ...owner, homes, person: { id } };
  // The app's view of the user may lack the id.
  const known = await app.findUser(username, userstore);
  const isSame = known?.stamp === login.stamp;
  return {
    ...owner,
    homes,
    person: { id: isSame ? known.id : undefined },
    hasStamp: known?.hasStamp,
  };
}

/** False for a key of a former user of the same name, as far as `id` distinguishes them. */
export function isOwnedBy(row: KeyRow, { user, homes, person }: KeyOwner): boolean {
  return (
    row.user === user && homes.includes(row.userstore) && (person === undefined || row.userId === person.id)
  );
}

/**
 * In an app with one store, keys count with and without the store's name: they may date from a time with several
 * stores.
 */
function homesOf(userstore: string | undefined, stores: readonly string[]): readonly (string | undefined)[] {
  const [only] = stores;
  const isOnly = only !== undefined && stores.length === 1 && (userstore ?? only) === only;
  return isOnly ? [undefined, only] : [userstore];
}

function named(user: unknown): Pick<KeyOwner, 'user' | 'userstore'> {
  const { username, userstore } = (user ?? {}) as { username?: unknown; userstore?: unknown };
  const isNamed = typeof username === 'string' && username !== '';
  if (!isNamed || (userstore !== undefined && typeof userstore !== 'string')) {
    throw new TypeError('ApiKeys takes an Authentication, or { username, userstore } of a user');
  }
  return { user: username, userstore };
}
