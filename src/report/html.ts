/**
 * The report as a page: one file that loads nothing, for reviews, audits and CI artifacts.
 */
import { createHash } from 'node:crypto';
import { besideGuards } from './beside';
import { detailsOf } from './details';
import { markupText as text } from './escape';
import { PAGE_SCRIPT } from './page-script';
import { pageStyle } from './page-style';
import {
  countKinds,
  isChanged,
  isGuard,
  KIND_NAMES,
  kindOfRoute,
  type RouteKind,
  warningsOf,
} from './route-kinds';
import type { ReportedRoute, SecurityReport } from './security-report';

/** The options of {@link reportHtml}. */
export interface PageOptions {
  /** The heading. @default 'Security report' */
  title?: string;
  /** The changes since the lock file was written: the lines that `securest report --check` prints. @default [] */
  changes?: readonly string[];
}

const CELLS = {
  yes: '<td class=y><i>yes</i>',
  no: '<td class=n><i>no</i>',
  depends: '<td class=d><i>depends</i>',
};

/**
 * Renders the report as a self-contained HTML page. It sends no requests, its Content-Security-Policy allows only its
 * own style and script, and every name in it is escaped. It lists the access of all routes, so do not publish it.
 * @example await writeFile('report.html', reportHtml(await securityReport(options), { title: 'Notes' }));
 */
export function reportHtml(report: SecurityReport, options: PageOptions = {}): string {
  const { title = 'Security report', changes = [] } = options;
  const style = pageStyle(report.identities);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src '${hashOf(style)}'; script-src '${hashOf(PAGE_SCRIPT)}'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${text(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${text(title)}</h1>
${counts(report)}
${changeList(changes)}${besideList(report)}${warningList(report)}${tools(report, changes)}
<p class="legend"><span class="y"></span> yes, <span class="d"></span> depends on the app's own code or on the login, <span class="n"></span> no</p>
${table(report, changes)}
</main>
<script>${PAGE_SCRIPT}</script>
</body>
</html>
`;
}

function hashOf(content: string): string {
  return `sha256-${createHash('sha256').update(content).digest('base64')}`;
}

function counts({ routes }: SecurityReport): string {
  const counted = countKinds(routes);
  const parts = (Object.keys(KIND_NAMES) as RouteKind[]).map(
    (kind) => `${String(counted[kind])} ${KIND_NAMES[kind]}`,
  );
  return `<p><strong>${parts.join(', ')}</strong></p>`;
}

function changeList(changes: readonly string[]): string {
  if (changes.length === 0) return '';
  const items = changes.map((line) => `<li><code>${text(line)}</code>`).join('\n');
  return `<h2>Changed since the lock file was written</h2>\n<ul>\n${items}\n</ul>\n`;
}

function besideList(report: SecurityReport): string {
  const items = besideGuards(report).map((line) => `<li>${text(line)}`);
  return items.length === 0 ? '' : `<h2>Beside the guards</h2>\n<ul>\n${items.join('\n')}\n</ul>\n`;
}

/** Groups warnings by code, so that many of one kind fill one line until a reader opens it. */
function warningList({ warnings }: SecurityReport): string {
  if (warnings.length === 0) return '';
  const byCode = new Map<string, string[]>();
  for (const { code, message } of warnings) byCode.set(code, [...(byCode.get(code) ?? []), message]);
  const lists = [...byCode].map(([code, messages]) => {
    const items = messages.map((message) => `<li>${text(message)}`).join('\n');
    return `<details><summary>${String(messages.length)} ${text(code)}</summary><ul>\n${items}\n</ul></details>`;
  });
  return `<h2>Warnings</h2>\n${lists.join('\n')}\n`;
}

function tools({ identities, warnings }: SecurityReport, changes: readonly string[]): string {
  const button = (kind: string, name: string) =>
    `<button type="button" data-kind="${kind}" aria-pressed="false">${name}</button>`;
  const buttons = [
    ...Object.entries(KIND_NAMES).map(([kind, name]) => button(kind, name)),
    ...(warnings.length === 0 ? [] : [button('warned', 'warned')]),
    ...(changes.length === 0 ? [] : [button('changed', 'changed')]),
  ];
  const choices = identities.map((name) => `<option value="${text(name)}">${text(name)}</option>`).join('');
  return `<div id="tools" hidden>
<label>Search <input id="q" type="search" autocomplete="off" aria-keyshortcuts="/"></label>
<label>may be called by <select id="as"><option value="">all</option>${choices}</select></label>
${buttons.join('\n')}
<span id="status" role="status"></span>
</div>
`;
}

function table(report: SecurityReport, changes: readonly string[]): string {
  const { identities, routes } = report;
  const heads = ['method', 'path', 'access', ...identities].map((name) => `<th scope="col">${text(name)}`);
  const groups = new Map<string, ReportedRoute[]>();
  for (const route of routes) {
    const name = isGuard(route) ? 'Guards outside of actions' : route.controller;
    groups.set(name, [...(groups.get(name) ?? []), route]);
  }
  const usual = usualProviders(routes);
  const bodies = [...groups].map(([name, list]) => {
    const rows = list.map((route) => row(route, report, changes, usual));
    return `<tbody><tr><th colspan="${String(identities.length + 3)}" scope="rowgroup">${text(name)}\n${rows.join('\n')}`;
  });
  const providers =
    usual === ''
      ? ''
      : `<p class="quiet">Authenticated by ${text(usual)}, unless a route says otherwise.</p>\n`;
  return `${providers}<table>
<caption>Who may call each route</caption>
<thead><tr>${heads.join('')}
${bodies.join('\n')}
</table>`;
}

/** The providers that are shown once above the table; a row names its providers only if they differ. */
function usualProviders(routes: readonly ReportedRoute[]): string {
  return routes.find(({ providers }) => providers.length > 0)?.providers.join(', ') ?? '';
}

function row(
  route: ReportedRoute,
  report: SecurityReport,
  changes: readonly string[],
  usual: string,
): string {
  const warned = warningsOf(route, report);
  const kinds = [
    kindOfRoute(route),
    ...(warned.length === 0 ? [] : ['warned']),
    ...(isChanged(route, changes) ? ['changed'] : []),
  ];
  const isUsual = route.providers.join(', ') === usual;
  const lines = [
    route.action,
    ...detailsOf(isUsual ? { ...route, providers: [] } : route),
    ...reasons(route),
    ...warned.map((code) => `warning: ${code}`),
  ];
  const details = lines.map((line) => `<li>${text(line)}`).join('');
  const sign = warned.length === 0 ? '' : ' <span title="warned" role="img" aria-label="warned">⚠</span>';
  const cells = report.identities.map((name) => CELLS[route.may[name] ?? 'no']).join('');
  return (
    `<tr data-k="${kinds.join(' ')}"><td>${text(route.method)}<td>${text(route.path)}` +
    `<td><details><summary>${text(route.summary)}${sign}</summary><ul>${details}</ul></details>${cells}`
  );
}

/** The reasons of each `depends`, with their identities. The levels explain each `no` already. */
function reasons({ may, why }: ReportedRoute): string[] {
  const byReason = new Map<string, string[]>();
  for (const [identity, reason] of Object.entries(why)) {
    if (may[identity] === 'depends') byReason.set(reason, [...(byReason.get(reason) ?? []), identity]);
  }
  return [...byReason].map(([reason, identities]) => `${identities.join(', ')}: depends on ${reason}`);
}
