import type { Dialect } from './schema';
import { SWEPT_ROWS } from './state-statements';

/** The statements of {@link SqlRevocationLog}. */
export interface LogStatements {
  /** `$1`: a list of `[id, before, until]`. */
  readonly append: string;
  /**
   * `$1`: the number of the last row that was read. Returns the rows after it, and {@link READ_AGAIN} rows before it.
   */
  readonly read: string;
  /** `$1`: the number of the last row that was read. Returns this row and the rows after it. */
  readonly more: string;
  /** `$1`: now. Deletes some of the rows that ended an hour ago or earlier; the newest row always stays. */
  readonly sweep: string;
  /** `$1`: now. Counts the rows that `sweep` may delete. */
  readonly ended: string;
}

/** An entry can become readable after a later entry, so this many rows before the cursor are read again. */
export const READ_AGAIN = 1000;
export const PAGE_ROWS = 1000;

const KEPT_MS = 3_600_000;
const COLUMNS = 'seq, id, before_ms, expires_ms';

const LISTS: Readonly<Record<Dialect, { items: string; parts: string; place: string }>> = {
  postgres: {
    items: 'json_array_elements($1::json) WITH ORDINALITY AS list(item, place)',
    parts: 'item->>0, (item->>1)::bigint, (item->>2)::bigint',
    place: 'place',
  },
  sqlite: {
    items: 'json_each($1)',
    parts: "json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]')",
    place: 'key',
  },
  mysql: {
    items: `JSON_TABLE($1, '$[*]' COLUMNS (place FOR ORDINALITY, id LONGTEXT CHARACTER SET utf8mb4 PATH '$[0]',
      before_ms VARCHAR(20) PATH '$[1]', expires_ms VARCHAR(20) PATH '$[2]')) AS list`,
    parts: 'list.id, CAST(list.before_ms AS SIGNED), CAST(list.expires_ms AS SIGNED)',
    place: 'list.place',
  },
};

export function logStatements(dialect: Dialect): LogStatements {
  const { items, parts, place } = LISTS[dialect];
  const integer = (parameter: string): string =>
    `CAST(${parameter} AS ${dialect === 'mysql' ? 'SIGNED' : 'bigint'})`;
  const newest = 'SELECT max(seq) FROM securest_revocations';
  const ended = `expires_ms <= ${integer('$1')} - ${String(KEPT_MS)}`;
  // A nested subquery, since MySQL cannot select directly from the table of a DELETE.
  const isOlder = `seq < (SELECT newest.seq FROM (${newest.replace('max(seq)', 'max(seq) AS seq')}) AS newest)`;
  const limit = `LIMIT ${String(SWEPT_ROWS)}`;
  const sweep =
    dialect === 'mysql'
      ? `DELETE FROM securest_revocations WHERE ${ended} AND ${isOlder} ORDER BY expires_ms, seq ${limit}`
      : `DELETE FROM securest_revocations WHERE seq IN (
      SELECT seq FROM securest_revocations WHERE ${ended} AND ${isOlder} ORDER BY expires_ms ${limit}
      ${dialect === 'postgres' ? 'FOR UPDATE SKIP LOCKED' : ''}
    ) RETURNING 1 AS gone`;
  return {
    // "WHERE true" tells SQLite that no join follows.
    append: `INSERT INTO securest_revocations (id, before_ms, expires_ms)
    SELECT ${parts} FROM ${items} WHERE true ORDER BY ${place}`,
    read: `SELECT ${COLUMNS} FROM securest_revocations WHERE seq > coalesce((
      SELECT seq FROM securest_revocations WHERE seq <= ${integer('$1')}
      ORDER BY seq DESC LIMIT 1 OFFSET ${String(READ_AGAIN)}
    ), 0) ORDER BY seq LIMIT ${String(READ_AGAIN + PAGE_ROWS + 1)}`,
    more: `SELECT ${COLUMNS} FROM securest_revocations WHERE seq >= ${integer('$1')}
    ORDER BY seq LIMIT ${String(PAGE_ROWS + 2)}`,
    sweep,
    ended: `SELECT count(*) AS ended FROM securest_revocations WHERE ${ended} AND ${isOlder}`,
  };
}
