import { chained } from '../util/maybe-promise';
import { parseName, quoted } from './rule-name';
import { addRuleKind, made } from './rule-kind';
import type { Rule } from '../core/access';

/** @throws ConfigurationError for a value that is not a name */
export function role(name: string, where: string): Rule {
  return made({ kind: 'role', role: parseName(name, where, 'a role') });
}

addRuleKind('role', {
  holds: (rule, context) => chained(context.roles(), (roles) => roles.has(rule.role)),
  describe: (rule) => `role ${rule.role}`,
  identify: (rule) => `role ${quoted(rule.role)}`,
  terms: (rule) => [rule.role],
  refuseUnknown: (rule, { grants, where }) => {
    grants.refuseUnknown(rule.role, where);
  },
  holdsByRoles: (rule, roles) => roles.has(rule.role),
});
