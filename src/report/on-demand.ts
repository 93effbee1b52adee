/** Loads the report's code at its first use: a running server makes no report. */
/* eslint-disable @typescript-eslint/no-require-imports -- loaded at the first use */
import type { SecuredApp } from '../security/inspection';
import { lazy } from '../util/lazy';
import type * as Html from './html';
import type * as Report from './security-report';
import type * as Svg from './svg';
import type * as Table from './table';

const report = lazy(() => require('./security-report') as typeof Report);
const table = lazy(() => require('./table') as typeof Table);
const html = lazy(() => require('./html') as typeof Html);
const svg = lazy(() => require('./svg') as typeof Svg);

/**
 * Reports the access of every route of an app.
 * @param app the options that `securest()` or `secure()` returned, or options with its bare pair of checkers; or an
 * instance of `createSecurity()`, to report on its guards only
 * @param more further users to report on, besides anonymous clients, any login and each role
 * @throws ConfigurationError for options without securest's checkers, for options that a server would refuse to start
 * with, and for a user that no userstore has
 * @example await securityReport(options, { users: ['ann'] })
 */
export async function securityReport(
  app: SecuredApp,
  more?: Report.SecurityReportOptions,
): Promise<Report.SecurityReport> {
  return report().securityReport(app, more);
}

/**
 * Renders the report as a text table: counts, the routes of each controller, guards, and the warnings by code.
 * No path is cut.
 * @throws ConfigurationError for an unknown value of `only`
 * @example console.log(reportTable(await securityReport(options), { only: 'open' }));
 */
export function reportTable(found: Report.SecurityReport, options?: Table.TableOptions): string {
  return table().reportTable(found, options);
}

/**
 * Renders the report as a self-contained HTML page. It sends no requests, its Content-Security-Policy allows only its
 * own style and script, and every name in it is escaped. It lists the access of all routes, so do not publish it.
 * @example await writeFile('report.html', reportHtml(await securityReport(options), { title: 'Notes' }));
 */
export function reportHtml(found: Report.SecurityReport, options?: Html.PageOptions): string {
  return html().reportHtml(found, options);
}

/**
 * Renders the report as an SVG picture: a row for each route, or above 40 routes a row for each controller, in which
 * controllers with equal access share one row. It loads nothing and runs no script.
 * @example await writeFile('report.svg', reportSvg(await securityReport(options)));
 */
export function reportSvg(found: Report.SecurityReport, options?: Svg.PictureOptions): string {
  return svg().reportSvg(found, options);
}
