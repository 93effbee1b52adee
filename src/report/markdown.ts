/** The report as Markdown, for a review. */
import { printable } from '../util/printable';
import type { SecurityReport } from './security-report';

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
