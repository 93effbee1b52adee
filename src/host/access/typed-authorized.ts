import { Authorized } from 'routing-controllers';
import type { User } from '../../core/user';
import type { RuleInput } from '../../rules/rules';

/** The `@Authorized` of routing-controllers for an app's own users and roles. */
export type TypedAuthorized<U extends User, R extends string> = (
  rule?: RuleInput<U, R> | readonly RuleInput<U, R>[],
) => (target: object, method?: string) => void;

export function typedAuthorized<U extends User, R extends string>(): TypedAuthorized<U, R> {
  return Authorized as unknown as TypedAuthorized<U, R>;
}
