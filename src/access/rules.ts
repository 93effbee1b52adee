import type { PolicyClass, Rule } from '../core/access';
import type { Predicate } from '../core/role-checker';
import type { User } from '../core/user';
import { ConfigurationError } from '../errors';

/** What `allOf` and `anyOf` combine: a role, another rule, a policy class or a policy function. */
export type RuleInput<U extends User = User> = string | Rule | PolicyClass | Predicate<U>;

const known = new WeakSet<object>();
const AUTHENTICATED: Rule = remember({ kind: 'authenticated' });

/** A rule that holds when every part does: `@Authorized(allOf('staff', anyOf('editor', IsOwner)))`. */
export function allOf<U extends User = User>(...parts: RuleInput<U>[]): Rule {
  return remember({ kind: 'all', rules: parse(parts, 'allOf()') });
}

/** A rule that holds when at least one part does. */
export function anyOf<U extends User = User>(...parts: RuleInput<U>[]): Rule {
  return remember({ kind: 'any', rules: parse(parts, 'anyOf()') });
}

/**
 * The rule behind an `@Authorized` argument. An array is "any of"; no argument is any authenticated user.
 * @throws ConfigurationError for anything that is neither a role, a rule nor a policy: never "open".
 */
export function toRule(value: unknown, where: string): Rule {
  if (value === undefined) return AUTHENTICATED;
  if (!Array.isArray(value)) return parsePart(value, where);
  return remember({ kind: 'any', rules: parse(value, where) });
}

/** A rule in words, as start-up lines and events show it. */
export function describeRule(rule: Rule): string {
  switch (rule.kind) {
    case 'authenticated':
      return 'any authenticated user';
    case 'role':
      return `role ${rule.role}`;
    case 'policy':
      return `policy ${rule.policy.name}`;
    case 'predicate':
      return `policy ${rule.predicate.name === '' ? '(anonymous function)' : rule.predicate.name}`;
    default:
      return `${rule.kind} of (${rule.rules.map(describeRule).join(', ')})`;
  }
}

function parse(parts: readonly unknown[], where: string): Rule[] {
  if (parts.length === 0) throw new ConfigurationError(`${where}: an empty list of roles guards nothing`);
  return Array.from(parts, (part) => parsePart(part, where));
}

function parsePart(part: unknown, where: string): Rule {
  if (typeof part === 'string') return parseRole(part, where);
  if (typeof part === 'function') return parseFunction(part, where);
  if (typeof part === 'object' && part !== null && known.has(part)) return part as Rule;
  throw new ConfigurationError(
    `${where}: ${part === null ? 'null' : typeof part} is no role; ` +
      'use a non-empty string, a policy class or function, allOf() or anyOf()',
  );
}

function parseRole(role: string, where: string): Rule {
  if (role !== '' && role === role.trim()) return remember({ kind: 'role', role });
  throw new ConfigurationError(`${where}: a role must not be empty and has no space at its ends`);
}

function parseFunction(candidate: object, where: string): Rule {
  const prototype = (candidate as { prototype?: unknown }).prototype;
  if (typeof (prototype as { check?: unknown } | undefined)?.check === 'function') {
    return remember({ kind: 'policy', policy: candidate as PolicyClass });
  }
  if (/^class\b/.test(Function.prototype.toString.call(candidate))) {
    const { name } = candidate as { name: string };
    throw new ConfigurationError(`${where}: class ${name} has no method check(): it cannot be a policy`);
  }
  return remember({ kind: 'predicate', predicate: candidate as Predicate });
}

function remember(rule: Rule): Rule {
  known.add(rule);
  return Object.freeze(rule);
}
