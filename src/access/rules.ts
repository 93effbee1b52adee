import type { PolicyClass, ResourceStoreClass, Rule } from '../core/access';
import type { Predicate } from '../core/role-checker';
import type { User } from '../core/user';
import { ConfigurationError } from '../errors';
import { callable, oneOf, optional } from '../util/option-kinds';
import { type Kind, parseOptions } from '../util/parse-options';

/** What `allOf` and `anyOf` combine: a role, another rule, a policy class or a policy function. */
export type RuleInput<U extends User = User, R extends string = string> =
  R | Rule<R> | PolicyClass | Predicate<U>;

const known = new WeakSet<object>();
const AUTHENTICATED = remember<Rule>({ kind: 'authenticated' });

/** A rule that holds when every part does: `@Authorized(allOf('staff', anyOf('editor', IsOwner)))`. */
export function allOf<U extends User = User, R extends string = string>(
  ...parts: RuleInput<U, R>[]
): Rule<R> {
  return remember({ kind: 'all', rules: parse(parts, 'allOf()') as Rule<R>[] });
}

/** A rule that holds when at least one part does. */
export function anyOf<U extends User = User, R extends string = string>(
  ...parts: RuleInput<U, R>[]
): Rule<R> {
  return remember({ kind: 'any', rules: parse(parts, 'anyOf()') as Rule<R>[] });
}

/**
 * A rule that holds for a user one of whose roles grants the permission: `permission('invoice:read')`. Which
 * role grants what is the `permissions` option; a permission that no role grants is refused at start.
 */
export function permission(name: string): Rule<never> {
  return remember({ kind: 'permission', permission: parseName(name, 'permission()', 'a permission') });
}

export interface OwnerOptions<T extends object> {
  /** The username of a resource's owner. @default its property `owner` */
  owner?: (resource: T) => string | null | undefined;
  /**
   * Who may call the action when the resource does not exist. 'deny' refuses with 403, as for somebody else's
   * resource, so that nobody learns which exist; 'run' lets everybody in, and the action answers 404.
   * @default 'deny'
   */
  whenMissing?: 'run' | 'deny';
}

/** The default owner: the property of that name. */
export function ownerProperty(resource: object): unknown {
  return (resource as { owner?: unknown }).owner;
}

const OWNER_OPTIONS = {
  owner: optional(callable<(resource: object) => unknown>(), ownerProperty),
  whenMissing: optional(oneOf('run', 'deny'), 'deny'),
} satisfies Record<keyof OwnerOptions<object>, Kind<unknown>>;

/**
 * A rule that holds for the owner of the resource that a route's parameter names:
 * `@Authorized(ownerOf(NoteStore, 'id'))`. The store is resolved from the container; `@Resource(NoteStore,
 * 'id')` hands the action what the guard loaded.
 */
export function ownerOf<T extends object>(
  store: ResourceStoreClass<T>,
  parameter: string,
  options: OwnerOptions<T> = {},
): Rule<never> {
  if (typeof store !== 'function') {
    throw new ConfigurationError('ownerOf(): the first argument must be the class that loads the resource');
  }
  const { owner, whenMissing } = parseOptions('ownerOf()', options, OWNER_OPTIONS);
  return remember({
    kind: 'owner',
    store,
    parameter: parseName(parameter, 'ownerOf()', 'a route parameter'),
    owner,
    whenMissing,
  });
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
    case 'permission':
      return `permission ${rule.permission}`;
    case 'owner':
      return `owner of ${rule.store.name} :${rule.parameter}${rule.whenMissing === 'run' ? ' (or missing)' : ''}`;
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
  if (typeof part === 'string') return remember({ kind: 'role', role: parseName(part, where, 'a role') });
  if (typeof part === 'function') return parseFunction(part, where);
  if (typeof part === 'object' && part !== null && known.has(part)) return part as Rule;
  throw new ConfigurationError(
    `${where}: ${part === null ? 'null' : typeof part} is not a role; ` +
      'use a non-empty string, a policy class or function, allOf() or anyOf()',
  );
}

/** @throws ConfigurationError when the value is not a name: never "open". */
export function parseName(name: unknown, where: string, what: string): string {
  if (typeof name === 'string' && name !== '' && name === name.trim()) return name;
  throw new ConfigurationError(`${where}: ${what} must be a non-empty string without surrounding spaces`);
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

function remember<T extends Rule>(rule: T): T {
  known.add(rule);
  return Object.freeze(rule);
}
