import type { Grants } from '../authorization/grants';
import type { Access } from '../core/access';
import { leafKindOf, leavesOf } from './rule-kind';

/**
 * Refuses names in guards that the app does not have: a role that is not in its `roles`, a permission that
 * no role grants, an owner of what the route has no parameter for.
 * @throws ConfigurationError that names the guard
 */
export function refuseUnknownNames(access: Access, grants: Grants): void {
  for (const { rule, source } of access.levels) {
    const place = { access, grants, where: placeOf(source, access) };
    for (const leaf of leavesOf(rule)) leafKindOf(leaf).refuseUnknown?.(leaf, place);
  }
}

/** Where a level was written, as messages begin: what is no action has no decorator. */
export function placeOf(source: string, { route }: Pick<Access, 'route'>): string {
  return route === undefined ? source : `@Authorized on ${source}`;
}
