/**
 * Decides whether a rule holds for a user. Only a literal true of a policy grants.
 */
import type { Access, AccessLevel, OwnerRule, PolicyClass, Rule } from '../core/access';
import type { RoleChecker } from '../core/role-checker';
import type { SecurityRequest } from '../core/request';
import type { User } from '../core/user';
import type { MaybePromise } from '../core/userstore';
import { ignoreRejection } from '../util/ignore-rejection';
import { chained } from '../util/maybe-promise';
import { UNCONVERTIBLE } from './resources';

export interface RuleContext {
  readonly user: User;
  readonly request: SecurityRequest;
  /** The user's roles and what they imply, loaded when first asked for. */
  roles(): MaybePromise<ReadonlySet<string>>;
  /** True when one of these roles grants the permission. */
  isGranted(permission: string, roles: ReadonlySet<string>): boolean;
  /** Resolves a policy class from the container. */
  policy(cls: PolicyClass): RoleChecker;
  /** Loads the resource that an owner rule asks about; null or undefined where it does not exist. */
  resource(rule: OwnerRule): Promise<object | null | undefined | typeof UNCONVERTIBLE>;
}

/** The first level of an access that does not hold; undefined when all hold. At once where no rule has to wait. */
export function firstUnmetLevel(access: Access, context: RuleContext): MaybePromise<AccessLevel | undefined> {
  return firstUnmet(access.levels, context, 0);
}

function firstUnmet(
  levels: readonly AccessLevel[],
  context: RuleContext,
  index: number,
): MaybePromise<AccessLevel | undefined> {
  const level = levels[index];
  if (level === undefined) return undefined;
  return chained(holds(level.rule, context), (isMet) =>
    isMet ? firstUnmet(levels, context, index + 1) : level,
  );
}

function holds(rule: Rule, context: RuleContext): MaybePromise<boolean> {
  const { user, request } = context;
  switch (rule.kind) {
    case 'authenticated':
      return true;
    case 'role':
      return chained(context.roles(), (roles) => roles.has(rule.role));
    case 'permission':
      return chained(context.roles(), (roles) => context.isGranted(rule.permission, roles));
    case 'owner':
      return chained(context.resource(rule), (resource) => isOwner(rule, resource, user));
    case 'policy':
      return chained(context.policy(rule.policy).check(request.action, user, request), isTrue);
    case 'predicate':
      return chained(rule.predicate(user, request), isTrue);
    case 'all':
      return allHold(rule.rules, context, 0);
    case 'any':
      return anyHolds(rule.rules, context, 0);
  }
}

function allHold(rules: readonly Rule[], context: RuleContext, index: number): MaybePromise<boolean> {
  const rule = rules[index];
  if (rule === undefined) return true;
  return chained(holds(rule, context), (isMet) => isMet && allHold(rules, context, index + 1));
}

function anyHolds(rules: readonly Rule[], context: RuleContext, index: number): MaybePromise<boolean> {
  const rule = rules[index];
  if (rule === undefined) return false;
  return chained(holds(rule, context), (isMet) => isMet || anyHolds(rules, context, index + 1));
}

function isOwner(
  rule: OwnerRule,
  resource: object | null | undefined | typeof UNCONVERTIBLE,
  user: User,
): boolean {
  if (resource === UNCONVERTIBLE) return false;
  if (resource === null || resource === undefined) return rule.whenMissing === 'run';
  const owner = rule.owner(resource);
  ignoreRejection(owner);
  return owner === user.username;
}

/** Policies are the app's own code: their results are only believed as far as they go. */
function isTrue(result: unknown): boolean {
  return result === true;
}
