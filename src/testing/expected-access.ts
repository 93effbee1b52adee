/**
 * Whether a user should get in, read off the effective access rule by rule: true, false, or undefined where
 * only the app's own code can tell.
 */
import type { Access, Rule } from '../core/access';
import type { User } from '../core/user';
import { UserstoreChain } from '../authentication/userstore-chain';
import { rolesOf } from '../authorization/roles';
import type { Inspection } from '../host/install';

export async function isExpectedIn(
  user: User,
  access: Access,
  { components, options }: Inspection,
): Promise<boolean | undefined> {
  if (access.levels.length === 0) return true;
  const stores = new UserstoreChain(() => components.userstores);
  const roles = options.grants.withImplied(await rolesOf(user, (name) => stores.findGroup(name, undefined)));
  // A loader may add any role, but takes none away.
  const absent = components.roleLoaders.length > 0 ? undefined : false;
  const holds = (rule: Rule): boolean | undefined => {
    switch (rule.kind) {
      case 'authenticated':
        return true;
      case 'role':
        return roles.has(rule.role) || absent;
      case 'permission':
        return options.grants.isGranted(rule.permission, roles) || absent;
      case 'all':
        return every(rule.rules.map(holds));
      case 'any':
        return some(rule.rules.map(holds));
      default:
        return undefined;
    }
  };
  const guard = every(access.levels.map(({ rule }) => holds(rule)));
  return guard === true && components.authorizationProviders.length > 0 ? undefined : guard;
}

function every(parts: readonly (boolean | undefined)[]): boolean | undefined {
  if (parts.includes(false)) return false;
  return parts.includes(undefined) ? undefined : true;
}

function some(parts: readonly (boolean | undefined)[]): boolean | undefined {
  if (parts.includes(true)) return true;
  return parts.includes(undefined) ? undefined : false;
}
