/** The tables of the page, made from the cells that ran. */
import type { Cell } from './cells';

const [BEGIN, END] = ['<!-- made by npm run compat: begin -->', '<!-- made by npm run compat: end -->'];

/** One table for each title, with a row and a column for each name, in the order of the cells. */
export function tables(cells: readonly Cell[]): string {
  return distinct(cells.map(({ table }) => table))
    .map((title) =>
      table(
        title,
        cells.filter((cell) => cell.table === title),
      ),
    )
    .join('\n\n');
}

function table(title: string, cells: readonly Cell[]): string {
  const columns = distinct(cells.map(({ column }) => column));
  const rows = distinct(cells.map(({ row }) => row)).map((row) => [
    row,
    ...columns.map((column) =>
      distinct(cells.filter((cell) => cell.row === row && cell.column === column).map(({ value }) => value)),
    ),
  ]);
  const line = (texts: readonly unknown[]): string =>
    `| ${texts.map((text) => (Array.isArray(text) ? text.join(', ') : String(text))).join(' | ')} |`;
  return [
    `## ${title}`,
    '',
    line(['', ...columns]),
    line(columns.map(() => '-').concat('-')),
    ...rows.map(line),
  ].join('\n');
}

function distinct(names: readonly string[]): string[] {
  return [...new Set(names)];
}

/** @returns the page with other tables between its two marks */
export function withTables(page: string, made: string): string {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`The page lacks ${BEGIN} and ${END}`);
  return `${page.slice(0, begin)}${BEGIN}\n\n${made}\n\n${page.slice(end)}`;
}
