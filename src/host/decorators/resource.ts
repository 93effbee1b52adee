import { createParamDecorator } from 'routing-controllers';
import type { ResourceStoreClass } from '../../core/access';
import { answered } from '../../decorators/answers';

const parameters = new WeakMap<object, string>();

/**
 * Injects the resource that the store has under the route's parameter, or undefined if it does not exist. A guard
 * `ownerOf(store, parameter)` and this parameter share one load per request.
 */
export function Resource(
  store: ResourceStoreClass,
  parameter: string,
): (object: object, method: string, index: number) => void {
  const value = answered('@Resource', async (answers, action) => {
    return (await answers.resource(action, store, parameter)) ?? undefined;
  });
  parameters.set(value, parameter);
  return createParamDecorator({ required: false, value });
}

/**
 * The route parameter of a `@Resource`, by the function that routing-controllers keeps for it; undefined for any other
 * function.
 */
export function resourceParameter(transform: object | undefined): string | undefined {
  return transform === undefined ? undefined : parameters.get(transform);
}
