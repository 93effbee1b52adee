import type { CompiledAction } from '../compiled';
import type { AccessWarning } from './warnings';
import type { Rule } from '../../core/access';
import { leavesOf } from '../../rules/rule-kind';

/** Guards that ask for a role that no user can have. */
export function unobtainableRoles(
  compiled: readonly CompiledAction[],
  obtainable: ReadonlySet<string>,
): AccessWarning[] {
  return compiled.flatMap(({ access: { action, levels } }) =>
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
