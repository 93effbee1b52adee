/** What a section of the bench finds: a table of figures, of which one column may be drawn as bars. */
import type { Figure } from './statistics';

export interface Row {
  readonly label: string;
  /** One for each column; undefined where the column does not apply. */
  readonly figures: readonly (Figure | undefined)[];
}

export interface Section {
  readonly name: string;
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
  /** The column that is drawn. */
  readonly bars?: number;
}

export interface RunOptions {
  /** How often each contestant takes its turn, unless the section has a default of its own. */
  readonly rounds: number | undefined;
  /** Requests of one turn. */
  readonly requests: number;
  readonly connections: number;
  /** Another clone of the library, to be measured by turns with this one. */
  readonly against: string | undefined;
}

export type RunSection = (options: RunOptions) => Promise<Section>;

/** The lowest median of a column first. */
export function ascending(rows: readonly Row[], column = 0): Row[] {
  const medianOf = ({ figures }: Row) => figures[column]?.median ?? 0;
  return rows.toSorted((one, other) => medianOf(one) - medianOf(other));
}

/** Three digits that count. */
export function numberText(value: number): string {
  const size = Math.abs(value);
  return value.toFixed(size < 10 ? 2 : size < 100 ? 1 : 0);
}

function cellText(figure: Figure | undefined): string {
  if (figure === undefined) return '';
  const { median, low, high } = figure;
  return `${numberText(median)} (${numberText(low)} to ${numberText(high)})`;
}

export function tableText({ name, title, columns, rows }: Section): string {
  const lines = [
    ['', ...columns],
    ...rows.map(({ label, figures }) => [label, ...figures.map((figure) => cellText(figure))]),
  ];
  const widths = lines[0]?.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const text = lines.map((line) =>
    line
      .map((cell, column) => {
        const width = widths?.[column] ?? 0;
        return column === 0 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('   ')
      .trimEnd(),
  );
  return `${name}: ${title}\n${text.join('\n')}\n`;
}
