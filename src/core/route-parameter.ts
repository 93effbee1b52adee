import type { Action } from 'routing-controllers';

/** The value of a parameter of the matched route, decoded once by the router; undefined where it has none. */
export function routeParameter(action: Action, name: string): string | undefined {
  const { context, request } = action as {
    context?: { params?: object };
    request: { params?: object };
  };
  const params: object = context?.params ?? request.params ?? {};
  const value: unknown = Object.hasOwn(params, name) ? (params as Record<string, unknown>)[name] : undefined;
  return typeof value === 'string' ? value : undefined;
}
