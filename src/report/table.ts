/** The report as text for a terminal, or for a pipe. */
import { counted } from '../util/counted';
import { printable } from '../util/printable';
import { besideGuards } from './beside';
import { detailsOf } from './details';
import { countKinds, isGuard, KIND_NAMES, kindOfRoute, onlyRoutes, type RouteKind } from './route-kinds';
import type { ReportedRoute, SecurityReport } from './security-report';

/** The options of {@link reportTable}. */
export interface TableOptions {
  /** True adds the sources, providers and middlewares of each route, and each warning. @default false */
  verbose?: boolean;
  /** The routes to show: `open`, `warned`, `role:NAME` or `user:NAME`. @default all */
  only?: string;
  /** How routes are grouped; `path` groups by the first segment of the path. @default 'controller' */
  group?: 'controller' | 'path' | 'none';
  /** True adds terminal colours. @default false */
  color?: boolean;
  /** The width of the terminal; paths wrap at a slash, other texts at spaces. @default no limit */
  columns?: number;
}

interface Group {
  readonly name: string;
  readonly routes: readonly ReportedRoute[];
}

const MIN_PATH = 16;
const MIN_SUMMARY = 24;
const MAX_TEXT = 2000;

/**
 * Renders the report as a text table: counts, the routes of each controller, guards, the components that
 * decide beside the guards, and the warnings by code.
 * No path is cut.
 * @throws ConfigurationError for an unknown value of `only`
 * @example console.log(reportTable(await securityReport(options), { only: 'open' }));
 */
export function reportTable(report: SecurityReport, options: TableOptions = {}): string {
  const { only, group = 'controller', verbose = false } = options;
  const shown = only === undefined ? report : onlyRoutes(report, only);
  const routes = shown.routes.filter((route) => !isGuard(route));
  const guards = shown.routes.filter(isGuard);
  const groups = group === 'none' ? [{ name: '', routes }] : groupsOf(routes, group);
  const lines = [
    ...groups.flatMap((one) => groupLines(one, options)),
    ...(guards.length === 0
      ? []
      : groupLines({ name: 'Guards outside of actions', routes: guards }, options)),
    ...besideLines(shown),
    ...warningLines(shown, verbose),
  ];
  return `${[summaryLine(shown), '', ...lines].join('\n')}\n`;
}

function summaryLine({ routes }: SecurityReport): string {
  const counts = countKinds(routes);
  const parts = (Object.keys(KIND_NAMES) as RouteKind[])
    .filter((kind) => counts[kind] > 0)
    .map((kind) => `${String(counts[kind])} ${KIND_NAMES[kind]}`);
  const number = counted(routes.length, 'route');
  return parts.length === 0 ? number : `${number}: ${parts.join(', ')}`;
}

function groupsOf(routes: readonly ReportedRoute[], by: 'controller' | 'path'): Group[] {
  const groups = new Map<string, ReportedRoute[]>();
  for (const route of routes) {
    const name = by === 'controller' ? route.controller : `/${route.path.split('/')[1] ?? ''}`;
    groups.set(name, [...(groups.get(name) ?? []), route]);
  }
  return [...groups].map(([name, list]) => ({ name, routes: list }));
}

function groupLines({ name, routes }: Group, options: TableOptions): string[] {
  const { verbose = false, color = false } = options;
  const common = name === '' || routes.length === 1 ? '' : commonPath(routes);
  const head = [printable(name), common === name ? '' : common].filter(Boolean).join('  ');
  const bold = (text: string) => (color && text !== '' ? `\u001b[1m${text}\u001b[0m` : text);
  const [first] = routes;
  if (first !== undefined && name !== '' && routes.length > 1 && !verbose && areEqual(routes)) {
    return [
      `${bold(head)}  all ${String(routes.length)}: ${coloured(first, printable(first.summary, MAX_TEXT), color)}`,
    ];
  }
  const indent = name === '' ? '' : '  ';
  const widths = widthsOf(routes, indent, options.columns);
  return [
    ...(head === '' ? [] : [bold(head)]),
    ...routes.flatMap((route) => [
      ...routeLines(route, indent, widths, color),
      ...(verbose ? detailsOf(route).map((line) => `${indent}    ${printable(line, MAX_TEXT)}`) : []),
    ]),
  ];
}

function areEqual(routes: readonly ReportedRoute[]): boolean {
  const texts = routes.map(({ access, normalised = access, hiddenBy = '' }) => `${normalised}\n${hiddenBy}`);
  return new Set(texts).size === 1;
}

/** The common beginning of all paths, in whole segments. */
function commonPath(routes: readonly ReportedRoute[]): string {
  if (routes.some((route) => isGuard(route) || !route.path.startsWith('/'))) return '';
  const [first = [], ...others] = routes.map(({ path }) => path.split('/'));
  const end = first.findIndex((part, index) => others.some((parts) => parts[index] !== part));
  const common = (end === -1 ? first : first.slice(0, end)).join('/');
  return printable(common, MAX_TEXT);
}

interface Widths {
  readonly method: number;
  readonly path: number;
  /** Infinity if nothing wraps. */
  readonly summary: number;
}

function widthsOf(routes: readonly ReportedRoute[], indent: string, columns = Infinity): Widths {
  const longest = (texts: readonly string[]) => texts.reduce((most, { length }) => Math.max(most, length), 0);
  const method = longest(routes.map((route) => route.method));
  const path = longest(routes.map((route) => printable(route.path, MAX_TEXT)));
  const room = columns - indent.length - method - 4;
  const summary = Math.min(longest(routes.map(summaryOf)), MIN_SUMMARY);
  const pathWidth = Math.min(path, Math.max(MIN_PATH, room - summary));
  return { method, path: pathWidth, summary: Math.max(MIN_SUMMARY, room - pathWidth) };
}

function routeLines(route: ReportedRoute, indent: string, widths: Widths, color: boolean): string[] {
  const paths = wrap(printable(route.path, MAX_TEXT), widths.path, '/');
  const summaries = wrap(summaryOf(route), widths.summary, ' ');
  const height = Math.max(paths.length, summaries.length);
  return Array.from({ length: height }, (_, at) => {
    const method = (at === 0 ? route.method : '').padEnd(widths.method);
    const path = (paths[at] ?? '').padEnd(widths.path);
    const summary = summaries[at];
    const words = summary === undefined ? '' : coloured(route, summary, color);
    return `${indent}${method}  ${path}  ${words}`.trimEnd();
  });
}

function summaryOf({ summary, hiddenBy }: ReportedRoute): string {
  return printable(`${summary}${hiddenBy === undefined ? '' : ' (hidden)'}`, MAX_TEXT);
}

/** Highlights open routes. The words of the summary say the same, for output without colours. */
function coloured(route: ReportedRoute, text: string, color: boolean): string {
  return color && kindOfRoute(route) === 'open' ? `\u001b[31m${text}\u001b[0m` : text;
}

/** Wraps after slashes or at spaces, and nowhere else. */
function wrap(text: string, width: number, at: '/' | ' '): string[] {
  const parts = at === '/' ? text.split(/(?<=.\/)/) : text.split(/(?<= )/);
  const lines = [''];
  for (const part of parts) {
    const line = `${lines.at(-1) ?? ''}${part}`;
    if (line.trimEnd().length <= width || lines.at(-1) === '') lines[lines.length - 1] = line;
    else lines.push(part);
  }
  return lines.map((line) => line.trimEnd());
}

function besideLines(report: SecurityReport): string[] {
  const lines = besideGuards(report).map((line) => `  ${printable(line, MAX_TEXT)}`);
  return lines.length === 0 ? [] : ['', 'Beside the guards', ...lines];
}

function warningLines({ warnings }: SecurityReport, verbose: boolean): string[] {
  if (warnings.length === 0) return [];
  if (verbose) {
    return ['', ...warnings.map(({ code, message }) => `warning ${code}: ${printable(message, MAX_TEXT)}`)];
  }
  const counts = new Map<string, number>();
  for (const { code } of warnings) counts.set(code, (counts.get(code) ?? 0) + 1);
  const list = [...counts].map(([code, count]) => `${String(count)} ${code}`).join(', ');
  return ['', `Warnings: ${list} (--verbose lists each)`];
}
