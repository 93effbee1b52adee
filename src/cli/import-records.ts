/** The records of an import file, independent of its format, and the reader for CSV. */
import type * as CsvParse from 'csv-parse/sync';
import { loadOptional } from '../util/load-optional';

const COLUMNS = ['username', 'password', 'password_hash', 'email', 'active', 'roles', 'groups'] as const;
export type Column = (typeof COLUMNS)[number];

export interface ImportRecord {
  /** Its place in the file: `line 7`, `user 3`. */
  readonly place: string;
  readonly fields: Readonly<Partial<Record<Exclude<Column, 'roles' | 'groups'>, string>>>;
  /** A single cell in a table, or a list. */
  readonly roles?: string | readonly string[];
  readonly groups?: string | readonly string[];
  /** True in a table with passwords or hashes: in a shifted line, any cell may hold a password or hash. */
  readonly mayShift?: boolean;
}

const SEPARATORS = [',', ';', '\t'];

type Cells = Readonly<Partial<Record<Column, string>>>;

/**
 * Parses a CSV text. Its first line names the columns, and shows which separator the file uses.
 * @throws Error when the text is not CSV, or its first line names unknown columns
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
      // Spaces before a field are unintended; a password that begins with spaces is quoted.
      ltrim: delimiter !== '\t',
      // The parser's details of each line take more memory than the line, so only the record is kept.
      on_record: (record: unknown, { lines }) => toRecord(record as Cells, lines),
      skip_empty_lines: true,
      relax_column_count: false,
      max_record_size: 100_000,
    });
  } catch (error) {
    // The library's message may quote the file.
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
      `line 1: must name the columns: username, and others of ${COLUMNS.join(', ')}, each at most once`,
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
