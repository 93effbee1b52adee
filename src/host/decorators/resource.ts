import { createParamDecorator } from 'routing-controllers';
import type { ResourceStoreClass } from '../../core/access';
import { answered } from '../../decorators/answers';

const parameters = new WeakMap<object, string>();

/**
 * Injects what the store has under the route's parameter, undefined where there is nothing. A guard
 * `ownerOf(store, parameter)` and this parameter load it once a request, together.
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

/** The route parameter of a `@Resource`, by the function that the host keeps of it; undefined for any other. */
export function resourceParameter(transform: object | undefined): string | undefined {
  return transform === undefined ? undefined : parameters.get(transform);
}
