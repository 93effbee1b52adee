import type { RoutingControllersOptions } from 'routing-controllers';
import { lazy } from '../util/lazy';
import type * as SecurityReportModule from './security-report';
import type { SecurityReport } from './security-report';

const loaded = lazy(
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- a server that runs makes no report
  () => require('./security-report') as typeof SecurityReportModule,
);

/**
 * Reports on an app's options, as `securest()` or `secure()` returned them, or with the bare pair in them.
 * @throws ConfigurationError for options without securest's checkers, and where a server would not start
 */
export async function securityReport(options: RoutingControllersOptions): Promise<SecurityReport> {
  return loaded().securityReport(options);
}
