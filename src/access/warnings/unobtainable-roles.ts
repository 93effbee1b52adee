import type { AccessWarning } from './warnings';
import type { Access, Rule } from '../../core/access';
import { leavesOf } from '../../rules/rule-kind';

/** Guards that require a role that no user can have. */
export function unobtainableRoles(
  accesses: readonly Access[],
  obtainable: ReadonlySet<string>,
): AccessWarning[] {
  return accesses.flatMap(({ action, levels }) =>
    [...new Set(levels.flatMap(({ rule }) => rolesIn(rule)))]
      .filter((role) => !obtainable.has(role))
      .map((role) => ({
        code: 'unobtainable_role' as const,
        action,
        message: `${action} asks for role ${role}, which no user, group or hierarchy has`,
      })),
  );
}

function rolesIn(rule: Rule): string[] {
  return leavesOf(rule).flatMap((leaf) => (leaf.kind === 'role' ? [leaf.role] : []));
}
