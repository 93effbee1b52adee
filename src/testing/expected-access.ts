/**
 * Whether a user should get in, read off the effective access rule by rule: true, false, or undefined where
 * only the app's own code can tell.
 */
import type { Access, Rule } from '../core/access';
import { Authentication } from '../core/authentication';
import type { User } from '../core/user';
import { Activity } from '../authentication/activity';
import { UserstoreChain } from '../authentication/userstore-chain';
import { rolesOf } from '../authorization/roles';
import type { Inspection } from '../host/install';
import { type KnownRoles, kindOf } from '../rules/rule-kind';

export async function isExpectedIn(
  given: User | Authentication,
  access: Access,
  { components, options }: Inspection,
): Promise<boolean | undefined> {
  if (access.levels.length === 0) return true;
  const login = given instanceof Authentication ? given : new Authentication(given);
  const { user } = login;
  const stores = new UserstoreChain(() => components.userstores, new Activity());
  const own = await rolesOf(user, (name) => stores.findGroup(name, undefined));
  const roles = options.grants.withImplied([...own, ...login.roles]);
  // A loader may add any role, but takes none away.
  const absent = components.roleLoaders.length > 0 ? undefined : false;
  const all: Rule = { kind: 'all', rules: access.levels.map(({ rule }) => rule) };
  const known: KnownRoles = {
    login,
    has: (role) => roles.has(role) || absent,
    isGranted: (permission) => options.grants.isGranted(permission, roles) || absent,
  };
  const guard = kindOf(all).holdsByRoles?.(all, known);
  return guard === true && components.authorizationProviders.length > 0 ? undefined : guard;
}
