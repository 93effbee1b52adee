import type { RoutingControllersOptions } from 'routing-controllers';
import { lazy } from '../util/lazy';
import type * as SecurityReportModule from './security-report';
import type { SecurityReport, SecurityReportOptions } from './security-report';

const loaded = lazy(
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- a server that runs makes no report
  () => require('./security-report') as typeof SecurityReportModule,
);

/**
 * Reports on an app's options, as `securest()` or `secure()` returned them, or with the bare pair in them.
 * @param more the users to report on, beside anonymous clients, any login and each role
 * @throws ConfigurationError for options without securest's checkers, where a server would not start, and for a user
 * whom no userstore has
 * @example await securityReport(options, { users: ['ann'] })
 */
export async function securityReport(
  options: RoutingControllersOptions,
  more?: SecurityReportOptions,
): Promise<SecurityReport> {
  return loaded().securityReport(options, more);
}
