import { createParamDecorator } from 'routing-controllers';
import { flag, optional } from '../../util/option-kinds';
import { parseOptions } from '../../util/parse-options';
import { answered } from '../../decorators/answers';

/** The parameter transformation behind the decorator; by it the access compiler knows its parameters. */
export const currentAuthentication = answered('@CurrentAuthentication', (answers, action) =>
  answers.authentication(action),
);

/**
 * Injects the request's {@link Authentication}: the user, when and how it was proved, its scopes. On an
 * open action it is undefined for an anonymous request, which `required: true` refuses with 401.
 */
export function CurrentAuthentication(
  options: { required?: boolean } = {},
): (object: object, method: string, index: number) => void {
  const { required } = parseOptions('@CurrentAuthentication', options, { required: optional(flag, false) });
  return createParamDecorator({ required, value: currentAuthentication });
}
