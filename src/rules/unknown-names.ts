import type { Grants } from '../authorization/grants';
import type { Access } from '../core/access';
import { leafKindOf, leavesOf } from './rule-kind';

/**
 * Refuses names in guards that are unknown to the app: a role that is not in its `roles`, a permission that no role
 * grants, an owner rule for a parameter that the route does not have.
 * @throws ConfigurationError that names the guard
 */
export function refuseUnknownNames(access: Access, grants: Grants): void {
  for (const { rule, source } of access.levels) {
    const place = { access, grants, where: placeOf(source, access) };
    for (const leaf of leavesOf(rule)) leafKindOf(leaf).refuseUnknown?.(leaf, place);
  }
}

/** The place of a level at the beginning of a message: a guard that is not on an action has no decorator. */
export function placeOf(source: string, { route }: Pick<Access, 'route'>): string {
  return route === undefined ? source : `@Authorized on ${source}`;
}
