import type { Action } from '../core/exchange';

/** The parameters of the matched route by name. */
export type RouteParams = Readonly<Record<string, unknown>>;

/** The parameters of the matched route, after the conversions of the router and the framework. */
export function routeParameters(action: Action): RouteParams {
  const { context, request } = action as {
    context?: { params?: RouteParams };
    request: { params?: RouteParams };
  };
  return context?.params ?? request.params ?? {};
}

/**
 * The value of a parameter of the matched route, decoded once by the router; undefined if the route has no such
 * parameter.
 */
export function routeParameter(action: Action, name: string): string | undefined {
  return parameterIn(routeParameters(action), name);
}

/** The same among known parameters. */
export function parameterIn(params: RouteParams, name: string): string | undefined {
  const value = Object.hasOwn(params, name) ? params[name] : undefined;
  return typeof value === 'string' ? value : undefined;
}
