/** The kind of each route, and the filters of table, page and picture. */
import { ConfigurationError } from '../errors';
import { ANONYMOUS, ANY_LOGIN } from './identity-names';
import type { ReportedRoute, SecurityReport } from './security-report';

/** `more`: a login alone is not enough. */
export type RouteKind = 'open' | 'login' | 'more';

export const KIND_NAMES: Readonly<Record<RouteKind, string>> = {
  open: 'open',
  login: 'any login',
  more: 'more than a login',
};

export function kindOfRoute({ may }: ReportedRoute): RouteKind {
  if (may[ANONYMOUS] === 'yes') return 'open';
  return may[ANY_LOGIN] === 'yes' ? 'login' : 'more';
}

export function countKinds(routes: readonly ReportedRoute[]): Readonly<Record<RouteKind, number>> {
  const counts = { open: 0, login: 0, more: 0 };
  for (const route of routes) counts[kindOfRoute(route)] += 1;
  return counts;
}

/** True for a guard outside of actions. */
export function isGuard({ method, controller }: ReportedRoute): boolean {
  return method === '*' && controller === '';
}

/** The codes of the warnings about a route. */
export function warningsOf(route: ReportedRoute, { warnings }: SecurityReport): readonly string[] {
  return [...new Set(warnings.filter(({ action }) => action === route.action).map(({ code }) => code))];
}

/** True for a route that the comparison with the lock file lists as changed. */
export function isChanged({ path, method, action }: ReportedRoute, changes: readonly string[]): boolean {
  const key = `${path} ${method} (${action})`;
  return changes.some((line) => {
    const text = line.slice(2);
    return text.startsWith(`${key}: `) || text.startsWith(`${key} #`);
  });
}

/**
 * The report with only some of its routes, and the warnings about them.
 * @param only `open`, `warned` or `changed`; or `role:NAME` or `user:NAME` for the routes that the identity may call,
 * or that depend
 * @param changes the changes since the lock file was written; required for `changed`
 * @throws ConfigurationError for any other filter, for an identity that the report does not have, and for `changed`
 * without `changes`
 */
export function onlyRoutes(
  report: SecurityReport,
  only: string,
  changes?: readonly string[],
): SecurityReport {
  const shows = filterOf(report, only, changes);
  const routes = report.routes.filter(shows);
  const actions = new Set(routes.map(({ action }) => action));
  return { ...report, routes, warnings: report.warnings.filter(({ action }) => actions.has(action)) };
}

function filterOf(
  report: SecurityReport,
  only: string,
  changes: readonly string[] | undefined,
): (route: ReportedRoute) => boolean {
  if (only === 'open') return (route) => kindOfRoute(route) === 'open';
  if (only === 'warned') return (route) => warningsOf(route, report).length > 0;
  if (only === 'changed') {
    if (changes === undefined)
      throw new ConfigurationError('The filter `changed` needs a lock file to compare with');
    return (route) => isChanged(route, changes);
  }
  const [, kind, name] = /^(role|user):(.+)$/s.exec(only) ?? [];
  if (kind === undefined || name === undefined) {
    throw new ConfigurationError('The filter must be open, warned, changed, role:<name> or user:<name>');
  }
  const identity = `${kind} ${name}`;
  if (!report.identities.includes(identity)) {
    throw new ConfigurationError(`The report does not include ${identity}`);
  }
  return ({ may }) => may[identity] !== 'no';
}
