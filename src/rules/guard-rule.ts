import type { Grants } from '../authorization/grants';
import type { Access } from '../core/access';
import type { User } from '../core/user';
import { type RuleInput, toRule } from './rules';
import { refuseUnknownNames } from './unknown-names';

/** The arguments that `@Authorized` takes; an array is "any of". */
export type GuardRule<U extends User = User, R extends string = string> =
  RuleInput<U, R> | readonly RuleInput<U, R>[];

/**
 * The access of a guard that is not on an action, and so has no route and no parameters.
 * @param name for events and logs, such as `guard NAME`
 * @throws ConfigurationError for an invalid rule, and for names that are unknown to the app
 */
export function accessOfRule<U extends User, R extends string>(
  rule: GuardRule<U, R> | undefined,
  name: string,
  method: string,
  grants: Grants,
): Access {
  const access: Access = {
    action: name,
    method: method.toUpperCase(),
    route: undefined,
    isPattern: false,
    numericParameters: [],
    levels: Object.freeze([{ rule: toRule(rule, name), source: name }]),
    openedBy: undefined,
  };
  refuseUnknownNames(access, grants);
  return Object.freeze(access);
}
