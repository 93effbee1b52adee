/** What an import file says of each user, whatever its format. */
import type * as CsvParse from 'csv-parse/sync';
import { loadOptional } from '../util/load-optional';

const COLUMNS = ['username', 'password', 'password_hash', 'email', 'active', 'roles', 'groups'] as const;
export type Column = (typeof COLUMNS)[number];

export interface ImportRecord {
  /** Where it stands: `line 7`, `user 3`. */
  readonly place: string;
  readonly fields: Readonly<Partial<Record<Exclude<Column, 'roles' | 'groups'>, string>>>;
  /** One cell, in a table. */
  readonly roles?: string | readonly string[];
  readonly groups?: string | readonly string[];
  /** True in a table with passwords or hashes: in a line that is shifted, any cell may hold one. */
  readonly mayShift?: boolean;
}

const SEPARATORS = [',', ';', '\t'];

type Cells = Readonly<Partial<Record<Column, string>>>;

/**
 * Takes a CSV text apart. Its first line names the columns, and tells by them what separates the fields.
 * @throws Error when it is not CSV, or its first line names unknown columns
 */
export function readCsv(text: string): ImportRecord[] {
  if (text.trim() === '') throw new Error('line 1: must name the columns; the file is empty');
  return parsed(text);
}

function toRecord({ roles, groups, ...fields }: Cells, line: number): ImportRecord {
  return {
    place: `line ${String(line)}`,
    fields,
    mayShift: 'password' in fields || 'password_hash' in fields,
    ...(roles !== undefined && { roles }),
    ...(groups !== undefined && { groups }),
  };
}

function parsed(text: string): ImportRecord[] {
  const { parse } = loadOptional('csv-parse/sync', 'The import of a CSV file') as typeof CsvParse;
  const delimiter = delimiterOf(text);
  try {
    return parse(text, {
      bom: true,
      columns: checkColumns,
      delimiter,
      // Spaces in front of a field are nobody's intention; a password that has them is quoted.
      ltrim: delimiter !== '\t',
      // What the parser knows of each line takes more memory than the line.
      on_record: (record: unknown, { lines }) => toRecord(record as Cells, lines),
      skip_empty_lines: true,
      relax_column_count: false,
      max_record_size: 100_000,
    });
  } catch (error) {
    // What the library says may quote the file.
    const { code, lines, column } = (error ?? {}) as { code?: unknown; lines?: unknown; column?: unknown };
    if (typeof code !== 'string') throw error;
    const at = COLUMNS.find((name) => name === column);
    throw new Error(
      `line ${String(lines)}${at === undefined ? '' : `, column ${at}`}: is not valid CSV (${code})`,
    );
  }
}

function delimiterOf(text: string): string {
  const header = /^\ufeff?\s*(.*)/.exec(text)?.[1] ?? '';
  const names = (delimiter: string) =>
    header.split(delimiter).map((name) => nameOf(name.replaceAll('"', '')));
  return (
    SEPARATORS.find((delimiter) => header.includes(delimiter) && names(delimiter).every(isColumn)) ?? ','
  );
}

function checkColumns(written: string[]): string[] {
  const names = written.map(nameOf);
  const isComplete = names.includes('username') && new Set(names).size === names.length;
  if (!names.every(isColumn) || !isComplete) {
    throw new Error(
      `line 1: must name the columns, each once: username, and any others of ${COLUMNS.join(', ')}`,
    );
  }
  return names;
}

function nameOf(written: string): string {
  return written.trim().toLowerCase();
}

function isColumn(name: string): boolean {
  return (COLUMNS as readonly string[]).includes(name);
}
