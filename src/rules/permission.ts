import type { Rule } from '../core/access';
import { chained } from '../util/maybe-promise';
import { addRuleKind, made } from './rule-kind';
import { parseName, quoted } from './rule-name';

/**
 * A rule that holds if one of the user's roles grants the permission: `permission('invoice:read')`. The `permissions`
 * option declares the permissions of each role; a permission that no role grants is refused at start.
 */
export function permission(name: string): Rule<never> {
  return made({ kind: 'permission', permission: parseName(name, 'permission()', 'a permission') });
}

addRuleKind('permission', {
  holds: (rule, context) => chained(context.roles(), (roles) => context.isGranted(rule.permission, roles)),
  describe: (rule) => `permission ${rule.permission}`,
  identify: (rule) => `permission ${quoted(rule.permission)}`,
  terms: (rule) => [rule.permission],
  refuseUnknown: (rule, { grants, where }) => {
    grants.refuseUngranted(rule.permission, where);
  },
  holdsByRoles: (rule, roles) => roles.isGranted(rule.permission),
});
