/** What makes and shows the report, loaded when it is first asked for: a server that runs makes no report. */
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
 * Reports on an app.
 * @param app its options, as `securest()` or `secure()` returned them, or with the bare pair in them; or an instance of
 * `createSecurity()`, for its guards alone
 * @param more the users to report on, beside anonymous clients, any login and each role
 * @throws ConfigurationError for options without securest's checkers, where a server would not start, and for a user
 * whom no userstore has
 * @example await securityReport(options, { users: ['ann'] })
 */
export async function securityReport(
  app: SecuredApp,
  more?: Report.SecurityReportOptions,
): Promise<Report.SecurityReport> {
  return report().securityReport(app, more);
}

/**
 * The report as a table: counts, the routes of each controller, guards, and the warnings by code. No path is cut.
 * @throws ConfigurationError for an unknown value of `only`
 * @example console.log(reportTable(await securityReport(options), { only: 'open' }));
 */
export function reportTable(found: Report.SecurityReport, options?: Table.TableOptions): string {
  return table().reportTable(found, options);
}

/**
 * A page of HTML, whole in itself: no request leaves it, its policy allows its own style and script alone, and every
 * name in it is text. It says who may call what, so it is for those who may know.
 * @example await writeFile('report.html', reportHtml(await securityReport(options), { title: 'Notes' }));
 */
export function reportHtml(found: Report.SecurityReport, options?: Html.PageOptions): string {
  return html().reportHtml(found, options);
}

/**
 * A picture of who may call what: a row for each route, above 40 routes for each controller, and one row for controllers
 * that are equal. It loads nothing and runs no script.
 * @example await writeFile('report.svg', reportSvg(await securityReport(options)));
 */
export function reportSvg(found: Report.SecurityReport, options?: Svg.PictureOptions): string {
  return svg().reportSvg(found, options);
}
