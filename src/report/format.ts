/**
 * The report as text: a table for a terminal, or Markdown for a review.
 */
import { printable } from '../util/printable';
import type { ReportedRoute, SecurityReport } from './security-report';

const COLUMNS = ['method', 'path', 'access', 'action'] as const;
/** Wider cells go on in the next line. */
const WIDTHS = { method: 7, path: 30, access: 44, action: 34 } as const;

type Column = (typeof COLUMNS)[number];

/** A table of at most 121 columns, and under it what each route's guard comes from, and the warnings. */
export function toTable({ routes, warnings }: SecurityReport): string {
  const widths = Object.fromEntries(
    COLUMNS.map((column) => {
      const longest = Math.max(column.length, ...routes.map((route) => cell(route, column).length));
      return [column, Math.min(WIDTHS[column], longest)];
    }),
  ) as Record<Column, number>;
  const line = (cells: Record<Column, string>) =>
    COLUMNS.map((column) => cells[column].padEnd(widths[column]))
      .join('  ')
      .trimEnd();
  const row = (route: ReportedRoute): string[] => {
    const wrapped = COLUMNS.map((column) => wrap(cell(route, column), widths[column]));
    const height = Math.max(...wrapped.map(({ length }) => length));
    return Array.from({ length: height }, (_, index) =>
      line(
        Object.fromEntries(
          COLUMNS.map((column, position) => [column, wrapped[position]?.[index] ?? '']),
        ) as Record<Column, string>,
      ),
    );
  };
  return [
    line(Object.fromEntries(COLUMNS.map((column) => [column, column])) as Record<Column, string>),
    ...routes.flatMap(row),
    '',
    ...routes.flatMap((route) => details(route).map((detail) => `${name(route)}: ${detail}`)),
    ...warnings.map(({ code, message }) => `warning ${code}: ${printable(message, 1000)}`),
    '',
  ].join('\n');
}

export function toMarkdown({ routes, warnings }: SecurityReport): string {
  const escape = (text: string) => printable(text, 1000).replace(/[\\|<>`]/g, '\\$&');
  return [
    '| method | path | access | from | providers | action |',
    '| --- | --- | --- | --- | --- | --- |',
    ...routes.map((route) =>
      [
        '',
        route.method,
        route.path,
        route.access,
        route.levels.map(({ source }) => source).join(', '),
        route.providers.join(', '),
        `${route.action}${route.hiddenBy === undefined ? '' : ` (hidden by ${route.hiddenBy})`}`,
        '',
      ]
        .map(escape)
        .join(' | ')
        .trim(),
    ),
    '',
    ...warnings.map(({ code, message }) => `- **${code}**: ${escape(message)}`),
    '',
  ].join('\n');
}

function cell(route: ReportedRoute, column: Column): string {
  return printable(route[column], 1000);
}

function name({ method, path }: ReportedRoute): string {
  return printable(`${method} ${path}`, 1000);
}

/** What the table has no column for. */
function details({ levels, providers, before, after, hiddenBy }: ReportedRoute): string[] {
  const lines = levels.map(({ rule, source }) => `${rule}, from ${source}`);
  if (providers.length > 0) lines.push(`authenticated by ${providers.join(', ')}`);
  if (before.length > 0) lines.push(`runs before authorization: ${before.join(', ')}`);
  if (after.length > 0) lines.push(`runs after authorization: ${after.join(', ')}`);
  if (hiddenBy !== undefined) lines.push(`hidden by ${hiddenBy}`);
  return lines.map((line) => printable(line, 1000));
}

/** Cut at spaces where there are some. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let rest = text;
  while (rest.length > width) {
    const space = rest.lastIndexOf(' ', width);
    const end = space > 0 ? space : width;
    lines.push(rest.slice(0, end));
    rest = rest.slice(end).trimStart();
  }
  return [...lines, rest];
}
