/** The report as Markdown, for a review. */
import { printable } from '../util/printable';
import { besideGuards } from './beside';
import type { SecurityReport } from './security-report';

export function toMarkdown(report: SecurityReport): string {
  const { routes, warnings } = report;
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
    ...besideGuards(report).map((line) => `- ${escape(line)}`),
    ...warnings.map(({ code, message }) => `- **${code}**: ${escape(message)}`),
    '',
  ].join('\n');
}
