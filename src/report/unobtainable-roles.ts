import type { AccessWarning } from '../access/warnings';
import type { Rule } from '../core/access';
import type { Inspection } from '../drivers/install';

/**
 * Guards that ask for a role which no user, group or hierarchy can have. Nothing is said where that cannot
 * be known: where a role loader adds roles, or a store does not list its own.
 */
export async function unobtainableRoles({
  compiled,
  components,
  options,
}: Inspection): Promise<AccessWarning[]> {
  const stores = components.userstores.map((store) => store.get());
  if (components.roleLoaders.length > 0 || stores.some((store) => store.listRoles === undefined)) return [];
  if (stores.length === 0) return [];
  const lists = await Promise.all(stores.map(async (store) => [...((await store.listRoles?.()) ?? [])]));
  const obtainable = options.grants.withImplied(lists.flat());
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
