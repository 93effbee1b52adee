/** The report as a picture, for a README or a pull request. */
import { markupText as text } from './escape';
import { printable } from '../util/printable';
import type { ReportedRoute, SecurityReport } from './security-report';

/** The options of {@link reportSvg}. */
export interface PictureOptions {
  /** The heading, which screen readers also read as the title. @default 'Security report' */
  title?: string;
}

interface Row {
  readonly label: string;
  readonly summary: string;
  /** A sign (`●`, `◐` or `·`), or a text such as `3 of 4`. */
  readonly cells: readonly string[];
}

/** Above this number of routes, the picture has a row for each controller. */
const MAX_ROUTES = 40;
const MAX_LABEL = 72;
const CHARACTER = 7.9;
const LINE = 22;
const PADDING = 14;
const GAP = 18;
const SIGNS = { yes: '●', depends: '◐', no: '·' } as const;
const STYLE =
  'text{font:13px ui-monospace,monospace;fill:#1b1d21}.head{font-weight:600}rect{fill:#fff}.yes{fill:#0b6640}' +
  '.open{fill:#b3261e}.depends{fill:#7a4b00}.no,.quiet{fill:#575c66}@media (prefers-color-scheme:dark){' +
  'text{fill:#e9ebef}rect{fill:#15171b}.yes{fill:#7fd6a6}.open{fill:#ff9c92}.depends{fill:#f0c36d}.no,.quiet{fill:#aab0bb}}';

/**
 * Renders the report as an SVG picture: a row for each route, or above 40 routes a row for each controller, in which
 * controllers with equal access share one row. It loads nothing and runs no script.
 * @example await writeFile('report.svg', reportSvg(await securityReport(options)));
 */
export function reportSvg(
  report: SecurityReport,
  { title = 'Security report' }: PictureOptions = {},
): string {
  const rows = report.routes.length > MAX_ROUTES ? controllerRows(report) : routeRows(report);
  const widthOf = (texts: readonly string[]) =>
    texts.reduce((most, { length }) => Math.max(most, length), 0) * CHARACTER + GAP;
  const heads = ['', 'access', ...report.identities.map((name) => printable(name, MAX_LABEL))];
  const lines = rows.map(({ label, summary, cells }) => [label, summary, ...cells]);
  const starts: number[] = [PADDING];
  for (const [at, head] of heads.entries()) {
    const column = [head, ...lines.map((line) => line[at] ?? '')];
    starts.push((starts[at] ?? 0) + widthOf(column));
  }
  const legend = `${SIGNS.yes} yes  ${SIGNS.depends} depends  ${SIGNS.no} no`;
  const width = Math.ceil(Math.max(starts.at(-1) ?? 0, widthOf([title, legend]) + PADDING * 2));
  const height = (lines.length + 3) * LINE + PADDING * 2;
  const cell = (at: number, line: number, content: string, kind: string) =>
    content === ''
      ? ''
      : `<text x="${(starts[at] ?? 0).toFixed(1)}" y="${String(PADDING + LINE * line + 14)}" class="${kind}">${text(content)}</text>`;
  const body = [
    cell(0, 0, printable(title, MAX_LABEL), 'head'),
    ...heads.map((head, at) => cell(at, 1, head, 'head')),
    ...lines.flatMap((line, index) =>
      line.map((content, at) => cell(at, index + 2, content, classOf(at, content))),
    ),
    cell(0, lines.length + 2, legend, 'quiet'),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" role="img" width="${String(width)}" height="${String(height)}" viewBox="0 0 ${String(width)} ${String(height)}">
<title>${text(title)}</title>
<style>${STYLE}</style>
<rect width="100%" height="100%"/>
${body.filter(Boolean).join('\n')}
</svg>
`;
}

function classOf(column: number, content: string): string {
  if (column < 2) return '';
  if (content === SIGNS.no) return 'no';
  if (content === SIGNS.depends) return 'depends';
  return column === 2 ? 'open' : 'yes';
}

function routeRows({ routes, identities }: SecurityReport): Row[] {
  return routes.map((route) => ({
    label: printable(`${route.method} ${route.path}`, MAX_LABEL),
    summary: printable(route.summary, MAX_LABEL),
    cells: identities.map((name) => SIGNS[route.may[name] ?? 'no']),
  }));
}

function controllerRows({ routes, identities }: SecurityReport): Row[] {
  const groups = new Map<string, ReportedRoute[]>();
  for (const route of routes) {
    const name = route.controller === '' ? route.action : route.controller;
    groups.set(name, [...(groups.get(name) ?? []), route]);
  }
  const alike = new Map<string, { first: Row; controllers: number; routes: number }>();
  for (const [name, list] of groups) {
    const summaries = new Set(list.map(({ summary }) => summary));
    const row: Row = {
      label: printable(`${name} (${String(list.length)})`, MAX_LABEL),
      summary: summaries.size === 1 ? printable(list[0]?.summary ?? '', MAX_LABEL) : 'differs',
      cells: identities.map((identity) => cellOf(list, identity)),
    };
    // A controller whose routes have different summaries never shares a row.
    const key = summaries.size === 1 ? JSON.stringify([row.summary, row.cells]) : name;
    const known = alike.get(key);
    alike.set(key, {
      first: known?.first ?? row,
      controllers: (known?.controllers ?? 0) + 1,
      routes: (known?.routes ?? 0) + list.length,
    });
  }
  return [...alike.values()].map(({ first, controllers, routes: count }) =>
    controllers === 1 ? first : { ...first, label: `${String(controllers)} controllers (${String(count)})` },
  );
}

function cellOf(routes: readonly ReportedRoute[], identity: string): string {
  const answers = routes.map(({ may }) => may[identity] ?? 'no');
  const [first = 'no'] = answers;
  if (answers.every((answer) => answer === first)) return SIGNS[first];
  const may = answers.filter((answer) => answer !== 'no').length;
  const sign = answers.includes('depends') ? ` ${SIGNS.depends}` : '';
  return `${String(may)} of ${String(routes.length)}${sign}`;
}
