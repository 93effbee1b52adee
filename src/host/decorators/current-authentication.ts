import { createParamDecorator } from 'routing-controllers';
import { flag, optional } from '../../util/option-kinds';
import { parseOptions } from '../../util/parse-options';
import { answered } from '../../decorators/answers';

/** The transformation of the decorator's parameters; the access compiler recognises the parameters by it. */
export const currentAuthentication = answered('@CurrentAuthentication', (answers, action) =>
  answers.authentication(action),
);

/**
 * Injects the request's {@link Authentication}: the user, the time and methods of the login, its scopes. On an open
 * action it is undefined for an anonymous request; `required: true` refuses that request with 401.
 */
export function CurrentAuthentication(
  options: { required?: boolean } = {},
): (object: object, method: string, index: number) => void {
  const { required } = parseOptions('@CurrentAuthentication', options, { required: optional(flag, false) });
  return createParamDecorator({ required, value: currentAuthentication });
}
