import type { Rule } from '../core/access';
import { chained } from '../util/maybe-promise';
import { addRuleKind, made } from './rule-kind';
import { parseName, quoted } from './rule-name';

/**
 * A rule that holds for a user one of whose roles grants the permission: `permission('invoice:read')`. Which
 * role grants what is the `permissions` option; a permission that no role grants is refused at start.
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
