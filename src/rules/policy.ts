/** Rules that the app's own code decides: policy classes and functions. */
import type { PolicyClass, Rule } from '../core/access';
import type { Predicate } from '../core/role-checker';
import { ConfigurationError } from '../errors';
import { chained } from '../util/maybe-promise';
import { functionName } from './fingerprint';
import { addRuleKind, made } from './rule-kind';

/** @throws ConfigurationError for a class that is not a policy */
export function policy(candidate: object, where: string): Rule {
  const prototype = (candidate as { prototype?: unknown }).prototype;
  if (typeof (prototype as { check?: unknown } | undefined)?.check === 'function') {
    return made({ kind: 'policy', policy: candidate as PolicyClass });
  }
  if (/^class\b/.test(Function.prototype.toString.call(candidate))) {
    const { name } = candidate as { name: string };
    throw new ConfigurationError(`${where}: class ${name} has no method check(): it cannot be a policy`);
  }
  return made({ kind: 'predicate', predicate: candidate as Predicate });
}

addRuleKind('policy', {
  holds: (rule, context) =>
    chained(context.policy(rule.policy).check(context.request.action, context.user, context.request), isTrue),
  describe: (rule) => `policy ${rule.policy.name}`,
  identify: (rule) => `policy ${functionName(rule.policy)}`,
  terms: (rule) => [rule.policy],
});

addRuleKind('predicate', {
  holds: (rule, { request, user }) => chained(rule.predicate(user, request), isTrue),
  describe: ({ predicate: { name } }) => `policy ${name === '' ? '(anonymous function)' : name}`,
  identify: (rule) => `policy ${functionName(rule.predicate)}`,
  terms: (rule) => [rule.predicate],
});

/** Only a literal true counts: the app's own code may return any value. */
function isTrue(result: unknown): boolean {
  return result === true;
}
