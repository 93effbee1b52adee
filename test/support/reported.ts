import type { ReportedRoute, SecurityReport } from '../../src/report/security-report';

/** A route of the report. */
export function reportedRoute(more: Partial<ReportedRoute> = {}): ReportedRoute {
  return {
    method: 'GET',
    path: '/notes',
    action: 'Notes.list',
    controller: 'Notes',
    summary: 'editor',
    access: 'role editor',
    levels: [{ rule: 'role editor', source: 'class Notes' }],
    providers: ['Password'],
    before: [],
    after: [],
    may: { anonymous: 'no', 'any login': 'no', 'role editor': 'yes' },
    why: { anonymous: 'no login', 'any login': 'lacks role editor (class Notes)' },
    ...more,
  };
}

/** An open route. */
export function openRoute(more: Partial<ReportedRoute> = {}): ReportedRoute {
  return reportedRoute({
    path: '/health',
    action: 'Health.get',
    controller: 'Health',
    summary: 'open',
    access: 'anyone (@Public() on Health.get)',
    levels: [],
    providers: [],
    may: { anonymous: 'yes', 'any login': 'yes', 'role editor': 'yes' },
    why: {},
    ...more,
  });
}

/** A report of these routes, without warnings. */
export function reported(
  routes: readonly ReportedRoute[],
  more: Partial<SecurityReport> = {},
): SecurityReport {
  return { identities: ['anonymous', 'any login', 'role editor'], routes, warnings: [], ...more };
}
