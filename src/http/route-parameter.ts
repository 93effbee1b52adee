import type { Action } from '../core/exchange';

/** The parameters of the matched route by name, after the conversions of the router and the framework. */
export function routeParameters(action: Action): Readonly<Record<string, unknown>> {
  const { context, request } = action as {
    context?: { params?: Record<string, unknown> };
    request: { params?: Record<string, unknown> };
  };
  return context?.params ?? request.params ?? {};
}

/**
 * The value of a parameter of the matched route, decoded once by the router; undefined if the route has no such
 * parameter.
 */
export function routeParameter(action: Action, name: string): string | undefined {
  const params = routeParameters(action);
  const value = Object.hasOwn(params, name) ? params[name] : undefined;
  return typeof value === 'string' ? value : undefined;
}
