import type { AppFacts } from '../core/auth-provider';
import { Authentication } from '../core/authentication';
import type { UserName } from '../core/named-user';
import { userIdOf } from '../core/user';
import type { KeyRow } from './key-row';

/** Whose keys are meant. */
export interface KeyOwner {
  readonly user: string;
  readonly userstore: string | undefined;
  /** What keys of theirs may have as `userstore`. */
  readonly homes: readonly (string | undefined)[];
  /** Undefined where a name stands for all who ever had it; `id` is absent for a person without one. */
  readonly person: { readonly id: string | undefined } | undefined;
}

/** @throws TypeError for what names no user */
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
  // What the app sees of a user may lack the id.
  const known = await app.findUser(username, userstore);
  const isSame = known?.stamp === login.stamp;
  return {
    ...owner,
    homes,
    person: { id: isSame ? known.id : undefined },
    hasStamp: known?.hasStamp,
  };
}

/** A key of a former user of the same name is not this one's, as far as `id` tells. */
export function isOwnedBy(row: KeyRow, { user, homes, person }: KeyOwner): boolean {
  return (
    row.user === user && homes.includes(row.userstore) && (person === undefined || row.userId === person.id)
  );
}

/** The keys of an app with one store count without its name, and with it: they may be of a time when there were several. */
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
