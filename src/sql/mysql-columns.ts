import type { RowOrigin } from './row-origin';
import { rowFault, TOKENS_VALID_FROM } from './rows';
import type { SqlRow } from './sql-client';

/** Types of the protocol. @see MySQL, Client/Server Protocol, enum_field_types */
const TIMESTAMP = 7;
const TIMES: Readonly<Record<number, string>> = { 7: 'TIMESTAMP', 10: 'DATE', 12: 'DATETIME', 14: 'DATE' };
const TEXTS: readonly unknown[] = [15, 247, 249, 250, 251, 252, 253, 254];
const BYTES = 63;
const SET_FLAG = 2048;
/** An extra column with a TIMESTAMP in seconds since 1970: its text depends on the time zone of the session. */
export const EPOCH = 'tokens_valid_from_seconds';

interface Column {
  readonly name?: unknown;
  readonly columnType?: unknown;
  readonly characterSet?: unknown;
  readonly flags?: unknown;
}

/**
 * Refuses columns of types that cannot hold a right value, even if no row was found.
 * @param fields in the form of `mysql2`; any other form is ignored
 * @throws Error that names the column
 */
export function refuseMysqlTypes(fields: unknown, origin: RowOrigin, key: 'username' | 'name'): void {
  const columns = columnsOf(fields);
  const hasEpoch = columns.some(({ name }) => name === EPOCH);
  for (const { name, columnType, characterSet } of columns) {
    if (name === key && typeof columnType === 'number') {
      if (TEXTS.includes(columnType) && characterSet !== BYTES) continue;
      // MySQL matches a number with any text that begins with it.
      throw rowFault(key, origin, 'must be a non-empty string: VARCHAR or another type of text');
    }
    if (!TOKENS_VALID_FROM.includes(name as string) || typeof columnType !== 'number') continue;
    if (hasEpoch ? columnType === TIMESTAMP : TIMES[columnType] === undefined) continue;
    throw rowFault('tokensValidFrom', origin, hasEpoch ? inTable(columnType) : inStatement(columnType));
  }
}

function inTable(type: number): string {
  const found = TIMES[type];
  const why = found === undefined ? '' : `is a ${found}, another moment in each time zone: `;
  return `${why}must be a time with its zone: TIMESTAMP(3)`;
}

function inStatement(type: number): string {
  return (
    `is a ${String(TIMES[type])}, another moment in each time zone: must be a time with its zone, such as ` +
    "DATE_FORMAT('1970-01-01' + INTERVAL UNIX_TIMESTAMP(column) SECOND, '%Y-%m-%dT%H:%i:%s.%fZ') of a TIMESTAMP"
  );
}

/** The row with a SET as a list (its names have no commas), and with the time from {@link EPOCH}. */
export function plainRow(row: SqlRow, fields: unknown): SqlRow {
  const plain: Record<string, unknown> = { ...row };
  for (const { name, flags } of columnsOf(fields)) {
    if ((name !== 'roles' && name !== 'groups') || typeof flags !== 'number') continue;
    const value = plain[name];
    if ((flags & SET_FLAG) === 0 || typeof value !== 'string') continue;
    plain[name] = value === '' ? [] : value.split(',');
  }
  if (!(EPOCH in plain)) return plain;
  const seconds = Number(plain[EPOCH]);
  Reflect.deleteProperty(plain, EPOCH);
  // '0000-00-00' has 0 seconds: it stays a text, and is refused later.
  if (plain['tokens_valid_from'] !== null && seconds > 0) {
    plain['tokens_valid_from'] = new Date(Math.round(seconds * 1000));
  }
  return plain;
}

function columnsOf(fields: unknown): readonly Column[] {
  return Array.isArray(fields) ? (fields as unknown[]).map((field) => (field ?? {}) as Column) : [];
}
