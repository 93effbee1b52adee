/**
 * Whether a user should get in: true, false, or undefined if only the app's own code can decide.
 */
import { expectedAccess } from '../access/expected-access';
import type { Access } from '../core/access';
import { Authentication } from '../core/authentication';
import type { User } from '../core/user';
import { Activity } from '../authentication/activity';
import { UserstoreChain } from '../authentication/userstore-chain';
import { rolesOf } from '../authorization/roles';
import { accessFacts } from '../security/access-facts';
import type { Inspection } from '../security/inspection';

const EXPECTATIONS = { yes: true, no: false, depends: undefined } as const;

export async function isExpectedIn(
  given: User | Authentication,
  access: Access,
  inspection: Inspection,
): Promise<boolean | undefined> {
  if (access.levels.length === 0) return true;
  const login = given instanceof Authentication ? given : new Authentication(given);
  const stores = new UserstoreChain(() => inspection.components.userstores, new Activity());
  const own = await rolesOf(login.user, (name) => stores.findGroup(name, undefined));
  const identity = { isAuthenticated: true, roles: [...own, ...login.roles], login };
  return EXPECTATIONS[expectedAccess(access, identity, accessFacts(inspection)).answer];
}
