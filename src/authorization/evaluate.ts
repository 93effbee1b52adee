/**
 * Decides whether a rule holds for a user. Only a literal true of a policy grants.
 */
import type { Access, AccessLevel, PolicyClass, Rule } from '../core/access';
import type { RoleChecker } from '../core/role-checker';
import type { SecurityRequest } from '../core/request';
import type { User } from '../core/user';

export interface RuleContext {
  readonly user: User;
  readonly request: SecurityRequest;
  /** The user's roles, loaded when first asked for. */
  roles(): Promise<ReadonlySet<string>>;
  /** Resolves a policy class from the container. */
  policy(cls: PolicyClass): RoleChecker;
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

/** Policies are the app's own code: their results are only believed as far as they go. */
function isTrue(result: unknown): boolean {
  return result === true;
}
