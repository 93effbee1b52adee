import type { CompiledAction } from '../compile';
import type { AccessWarning } from './warnings';
import type { Rule } from '../../core/access';

/** Guards that ask for a role which is none of the obtainable ones. */
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
  if (rule.kind === 'role') return [rule.role];
  return rule.kind === 'all' || rule.kind === 'any' ? rule.rules.flatMap(rolesIn) : [];
}
