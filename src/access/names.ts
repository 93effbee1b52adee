import type { Access, AccessLevel, Rule } from '../core/access';
import type { Grants } from '../authorization/grants';
import { ConfigurationError } from '../errors';

/**
 * Refuses names in guards that the app does not have: a role that is not in its `roles`, a permission that
 * no role grants, an owner of what the route has no parameter for.
 * @throws ConfigurationError that names the guard
 */
export function refuseUnknownNames(access: Access, grants: Grants): void {
  for (const level of access.levels) refuseUnknownIn(level.rule, level, access, grants);
}

function refuseUnknownIn(rule: Rule, level: AccessLevel, access: Access, grants: Grants): void {
  const where = `@Authorized on ${level.source}`;
  switch (rule.kind) {
    case 'role':
      grants.refuseUnknown(rule.role, where);
      break;
    case 'permission':
      grants.refuseUngranted(rule.permission, where);
      break;
    case 'owner':
      if (!hasParameter(access, rule.parameter)) {
        throw new ConfigurationError(
          `${where}: the route ${access.route} of ${access.action} has no parameter :${rule.parameter}`,
        );
      }
      break;
    case 'all':
    case 'any':
      for (const part of rule.rules) refuseUnknownIn(part, level, access, grants);
      break;
    default:
      break;
  }
}

/** A regular expression's groups are only known when it matches: what is missing then is refused then. */
function hasParameter({ route, isPattern }: Access, parameter: string): boolean {
  return isPattern || [...route.matchAll(/:(\w+)/g)].some(([, name]) => name === parameter);
}
