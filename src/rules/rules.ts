import type { AccessLevel, PolicyClass, Rule } from '../core/access';
import type { Predicate } from '../core/role-checker';
import type { User } from '../core/user';
import { ConfigurationError } from '../errors';
import { AUTHENTICATED } from './authenticated';
import './lists';
import './recent-login';
import './scope';
import { policy } from './policy';
import { role } from './role';
import { isRule, kindOf, made } from './rule-kind';

/** The parts that `allOf` and `anyOf` combine: a role, another rule, a policy class or a policy function. */
export type RuleInput<U extends User = User, R extends string = string> =
  R | Rule<R> | PolicyClass | Predicate<U>;

/** A rule that holds if every part does: `@Authorized(allOf('staff', anyOf('editor', IsOwner)))`. */
export function allOf<U extends User = User, R extends string = string>(
  ...parts: RuleInput<U, R>[]
): Rule<R> {
  return made({ kind: 'all', rules: parse(parts, 'allOf()') as Rule<R>[] });
}

/** A rule that holds if at least one part does. */
export function anyOf<U extends User = User, R extends string = string>(
  ...parts: RuleInput<U, R>[]
): Rule<R> {
  return made({ kind: 'any', rules: parse(parts, 'anyOf()') as Rule<R>[] });
}

/**
 * The rule for an `@Authorized` argument. An array is "any of"; no argument is any authenticated user.
 * @throws ConfigurationError for a value that is not a role, a rule or a policy: it never means "open"
 */
export function toRule(value: unknown, where: string): Rule {
  if (value === undefined) return AUTHENTICATED;
  if (!Array.isArray(value)) return parsePart(value, where);
  return made({ kind: 'any', rules: parse(value, where) });
}

/** A rule in words, as start-up lines and events show it. */
export function describeRule(rule: Rule): string {
  return kindOf(rule).describe(rule);
}

/** One level of an access in words, with the place where it is declared. */
export function describeLevel({ rule, source }: AccessLevel): string {
  return `${describeRule(rule)} (${source})`;
}

function parse(parts: readonly unknown[], where: string): Rule[] {
  if (parts.length === 0) throw new ConfigurationError(`${where}: an empty list of roles guards nothing`);
  return Array.from(parts, (part) => parsePart(part, where));
}

function parsePart(part: unknown, where: string): Rule {
  if (typeof part === 'string') return role(part, where);
  if (typeof part === 'function') return policy(part, where);
  if (isRule(part)) return part;
  throw new ConfigurationError(
    `${where}: ${shown(part)} is not a role; use a non-empty string, a policy class or function, allOf() or anyOf()`,
  );
}

/** A number with its value and most common origin; otherwise the type. */
function shown(part: unknown): string {
  if (typeof part !== 'number') return part === null ? 'null' : typeof part;
  return `number ${String(part)} (the member of a numeric enum? Give it a text: enum Role { Admin = 'admin' })`;
}
