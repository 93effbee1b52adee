import type { UserRoles } from '../core/authorization-provider';
import type { Components } from '../components/components';
import type { Grants } from './grants';

/**
 * All roles that a user, a group or the hierarchy has; undefined if they cannot be known, because a role loader or the
 * credentials of a provider add roles, or a store does not list its own.
 */
export async function obtainableRoles(
  { userstores, providers, roleLoaders }: Components,
  grants: Grants,
): Promise<UserRoles | undefined> {
  const stores = userstores.map((store) => store.get());
  if (stores.length === 0 || roleLoaders.length > 0) return undefined;
  if (providers.some(({ get }) => get().describe?.().addsRoles === true)) return undefined;
  if (stores.some((store) => store.listRoles === undefined)) return undefined;
  return grants.rolesOf(await listedRoles({ userstores }));
}

/** The roles of the stores that list them. */
export async function listedRoles({ userstores }: Pick<Components, 'userstores'>): Promise<string[]> {
  const lists = await Promise.all(
    userstores.map(async (store) => [...((await store.get().listRoles?.()) ?? [])]),
  );
  return lists.flat();
}
