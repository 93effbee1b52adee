/**
 * Decides whether a rule holds for a user. Only a literal true of a policy grants.
 */
import type { Access, AccessLevel, OwnerRule, PolicyClass, Rule } from '../core/access';
import type { RoleChecker } from '../core/role-checker';
import type { SecurityRequest } from '../core/request';
import type { User } from '../core/user';
import { ignoreRejection } from '../util/ignore-rejection';
import { UNCONVERTIBLE } from './resources';

export interface RuleContext {
  readonly user: User;
  readonly request: SecurityRequest;
  /** The user's roles and what they imply, loaded when first asked for. */
  roles(): Promise<ReadonlySet<string>>;
  /** True when one of these roles grants the permission. */
  isGranted(permission: string, roles: ReadonlySet<string>): boolean;
  /** Resolves a policy class from the container. */
  policy(cls: PolicyClass): RoleChecker;
  /** Loads the resource that an owner rule asks about; null or undefined where it does not exist. */
  resource(rule: OwnerRule): Promise<object | null | undefined | typeof UNCONVERTIBLE>;
}

/** The first level of an access that does not hold; undefined when all hold. */
export async function firstUnmetLevel(
  access: Access,
  context: RuleContext,
): Promise<AccessLevel | undefined> {
  for (const level of access.levels) {
    if (!(await holds(level.rule, context))) return level;
  }
  return undefined;
}

async function holds(rule: Rule, context: RuleContext): Promise<boolean> {
  const { user, request } = context;
  switch (rule.kind) {
    case 'authenticated':
      return true;
    case 'role':
      return (await context.roles()).has(rule.role);
    case 'permission':
      return context.isGranted(rule.permission, await context.roles());
    case 'owner':
      return isOwner(rule, context);
    case 'policy':
      return isTrue(await context.policy(rule.policy).check(request.action, user, request));
    case 'predicate':
      return isTrue(await rule.predicate(user, request));
    case 'all':
      for (const part of rule.rules) if (!(await holds(part, context))) return false;
      return true;
    case 'any':
      for (const part of rule.rules) if (await holds(part, context)) return true;
      return false;
  }
}

async function isOwner(rule: OwnerRule, context: RuleContext): Promise<boolean> {
  const resource = await context.resource(rule);
  if (resource === UNCONVERTIBLE) return false;
  if (resource === null || resource === undefined) return rule.whenMissing === 'run';
  const owner = rule.owner(resource);
  ignoreRejection(owner);
  return owner === context.user.username;
}

/** Policies are the app's own code: their results are only believed as far as they go. */
function isTrue(result: unknown): boolean {
  return result === true;
}
