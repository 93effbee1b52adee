/** The identities of a report: a client without credentials, any login, each role, and the requested users. */
import type { Identity } from '../access/expected-access';
import { Activity } from '../authentication/activity';
import { UserstoreChain } from '../authentication/userstore-chain';
import { listedRoles } from '../authorization/obtainable-roles';
import { rolesOf } from '../authorization/roles';
import type { Access } from '../core/access';
import { isUser } from '../core/user';
import { ConfigurationError } from '../errors';
import type { Inspection } from '../security/inspection';
import { leavesOf } from '../rules/rule-kind';
import { ANONYMOUS, ANY_LOGIN } from './identity-names';

/**
 * The identities by name, in the order of the report's columns.
 * @param users usernames, looked up in the app's stores
 * @throws ConfigurationError for a user that no store has
 * @throws ServiceUnavailableError, or the store's own error, when a store is unavailable: never "no role"
 */
export async function identitiesOf(
  inspection: Inspection,
  users: readonly string[],
): Promise<ReadonlyMap<string, Identity>> {
  const roles = await rolesIn(inspection);
  const identities = new Map<string, Identity>([
    [ANONYMOUS, { isAuthenticated: false, roles: [] }],
    [ANY_LOGIN, { isAuthenticated: true, roles: [] }],
  ]);
  for (const role of roles) identities.set(`role ${role}`, { isAuthenticated: true, roles: [role] });
  for (const user of users) identities.set(`user ${user}`, await identityOf(user, inspection));
  return identities;
}

/**
 * A user of the app's stores, without a particular login.
 * @throws ConfigurationError for a user that no store has
 */
export async function identityOf(
  username: string,
  { components, options }: Pick<Inspection, 'components' | 'options'>,
): Promise<Identity> {
  const stores = new UserstoreChain(() => components.userstores, new Activity(options.isActive));
  const origin = stores.isEmpty() ? null : await stores.find(username);
  if (origin === null) throw new ConfigurationError(`No userstore has the user ${username}`);
  const { user, name, isActive } = origin;
  if (!isUser(user)) throw new ConfigurationError(`${name} returned no valid user for ${username}`);
  const roles = await rolesOf(user, (group) => stores.findGroup(group, origin), name);
  return { isAuthenticated: isActive, roles };
}

/** All known roles: those of the options, of guards, and of the stores that list their roles. */
async function rolesIn({ compiled, guards, components, options }: Inspection): Promise<readonly string[]> {
  const accesses: readonly Access[] = [...compiled.map(({ access }) => access), ...guards];
  const asked = accesses.flatMap(({ levels }) =>
    levels.flatMap(({ rule }) => leavesOf(rule).flatMap((leaf) => (leaf.kind === 'role' ? [leaf.role] : []))),
  );
  const listed = await listedRoles(components);
  return [...new Set([...options.grants.names(), ...asked, ...listed])].toSorted();
}
