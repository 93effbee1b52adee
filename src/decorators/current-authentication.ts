import { type Action, createParamDecorator } from 'routing-controllers';
import type { Authentication } from '../core/authentication';
import { executionOf } from '../http/raw';
import { SecurityFaultError } from '../errors';

/** The parameter transformation behind the decorator; by it the access compiler knows its parameters. */
export function currentAuthentication(action: Action): Promise<Authentication | undefined> {
  const execution = executionOf(action);
  if (execution === undefined) {
    throw new SecurityFaultError({ cause: new Error('@CurrentAuthentication on a server without securest') });
  }
  return execution.attributedAuthentication(action);
}

/**
 * Injects the request's {@link Authentication}: the user, when and how it was proved, its scopes. On an
 * open action it is undefined for an anonymous request, which `required: true` refuses with 401.
 */
export function CurrentAuthentication(
  options: { required?: boolean } = {},
): (object: object, method: string, index: number) => void {
  return createParamDecorator({ required: options.required ?? false, value: currentAuthentication });
}
