import type { Grants } from '../authorization/grants';
import type { Access } from '../core/access';
import type { SecurityRequest } from '../core/request';
import type { User } from '../core/user';
import { ConfigurationError } from '../errors';
import { refuseUnknownNames } from './unknown-names';
import { type RuleInput, toRule } from './rules';

/** What `@Authorized` takes; an array is "any of". */
export type GuardRule<U extends User = User, R extends string = string> =
  RuleInput<U, R> | readonly RuleInput<U, R>[];

/**
 * The access of something that is no action.
 * @throws ConfigurationError for a rule that is none, and for names that the app does not have
 */
export function accessOfRule<U extends User, R extends string>(
  rule: GuardRule<U, R> | undefined,
  name: string,
  request: Pick<SecurityRequest, 'method'>,
  grants: Grants,
): Access {
  if (typeof name !== 'string' || name === '') {
    throw new ConfigurationError('authorize(): the name must be a non-empty string');
  }
  const access: Access = {
    action: name,
    method: request.method.toUpperCase(),
    route: name,
    // Which parameters there are is known by the request alone.
    isPattern: true,
    numericParameters: [],
    levels: [{ rule: toRule(rule, name), source: name }],
    openedBy: undefined,
  };
  refuseUnknownNames(access, grants);
  return access;
}
