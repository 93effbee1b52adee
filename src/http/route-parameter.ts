import type { Action } from '../core/exchange';

/** The parameters of the matched route by name, as the router and the host's conversions have left them. */
export function routeParameters(action: Action): Readonly<Record<string, unknown>> {
  const { context, request } = action as {
    context?: { params?: Record<string, unknown> };
    request: { params?: Record<string, unknown> };
  };
  return context?.params ?? request.params ?? {};
}

/** The value of a parameter of the matched route, decoded once by the router; undefined where it has none. */
export function routeParameter(action: Action, name: string): string | undefined {
  const params = routeParameters(action);
  const value = Object.hasOwn(params, name) ? params[name] : undefined;
  return typeof value === 'string' ? value : undefined;
}
