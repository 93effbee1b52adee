import { sameText } from './mysql-sql';
import type { Dialect } from './schema';

/** The statements of {@link SqlState}. A change returns the row that it found, in MySQL the number of rows. */
export interface StateStatements {
  /** `$1`: key, `$2`: now. */
  readonly get: string;
  /** `$1`: owner, `$2`: now. */
  readonly list: string;
  /**
   * `$1`: key, `$2`: value, `$3`: owner, `$4`: end. In the other dialects than MySQL also `$5`: now, to replace an
   * entry that has ended.
   */
  readonly insert: string;
  /** Deletes an ended entry of a key, in MySQL only, which cannot do so in `insert`. `$1`: key, `$2`: now. */
  readonly clear?: string;
  /** `$1`: key, `$2`: value, `$3`: the previous value, `$4`: end, `$5`: now. */
  readonly swap: string;
  /** `$1`: key, `$2`: now. */
  readonly delete: string;
  /**
   * `$1`: now. Deletes some of the ended entries; in PostgreSQL it skips entries that another transaction has locked.
   */
  readonly sweep: string;
  /** `$1`: now. Counts the ended entries. */
  readonly ended: string;
}

/** How many ended rows are deleted at once: more rows would keep their locks for long. */
export const SWEPT_ROWS = 1000;

export function stateStatements(dialect: Dialect): StateStatements {
  return dialect === 'mysql' ? MYSQL : transactional(dialect);
}

function transactional(dialect: 'postgres' | 'sqlite'): StateStatements {
  const skip = dialect === 'postgres' ? ' FOR UPDATE SKIP LOCKED' : '';
  return {
    get: 'SELECT value FROM securest_state WHERE id = $1 AND expires_ms > $2',
    list: 'SELECT id, value FROM securest_state WHERE owner = $1 AND expires_ms > $2',
    insert: `INSERT INTO securest_state AS s (id, value, owner, expires_ms) VALUES ($1, $2, $3, $4)
    ON CONFLICT (id) DO UPDATE SET value = excluded.value, owner = excluded.owner, expires_ms = excluded.expires_ms
    WHERE s.expires_ms <= $5 RETURNING id`,
    swap: `UPDATE securest_state SET value = $2, expires_ms = $4
    WHERE id = $1 AND value = $3 AND expires_ms > $5 RETURNING id`,
    delete: 'DELETE FROM securest_state WHERE id = $1 AND expires_ms > $2 RETURNING id',
    // The end is compared again: a new entry may have replaced the ended entry.
    sweep: `DELETE FROM securest_state WHERE expires_ms <= $1 AND id IN (
      SELECT id FROM securest_state WHERE expires_ms <= $1 ORDER BY expires_ms LIMIT ${String(SWEPT_ROWS)}${skip}
    ) RETURNING 1 AS gone`,
    ended: 'SELECT count(*) AS ended FROM securest_state WHERE expires_ms <= $1',
  };
}

/** The cast is needed because the driver sends numbers as reals. */
const integer = (parameter: string): string => `CAST(${parameter} AS SIGNED)`;
/** A lenient mode would truncate texts and replace characters. */
export const strict = (verb: 'INSERT' | 'UPDATE', rest: string): string =>
  `/*M! SET STATEMENT sql_mode = 'STRICT_ALL_TABLES' FOR */ ${verb} /*+ SET_VAR(sql_mode = 'STRICT_ALL_TABLES') */ ${rest}`;
const OWNER = 'CAST(CONVERT($1 USING utf8mb4) AS BINARY)';

const MYSQL: StateStatements = {
  get: `SELECT value FROM securest_state WHERE id = $1 AND expires_ms > ${integer('$2')}`,
  list: `SELECT id, value FROM securest_state WHERE owner = ${OWNER} AND expires_ms > ${integer('$2')}`,
  insert: strict(
    'INSERT',
    `INTO securest_state (id, value, owner, expires_ms)
    VALUES ($1, $2, CAST(CONVERT($3 USING utf8mb4) AS BINARY), ${integer('$4')})`,
  ),
  clear: `DELETE FROM securest_state WHERE id = $1 AND expires_ms <= ${integer('$2')}`,
  swap: strict(
    'UPDATE',
    `securest_state SET value = $2, expires_ms = ${integer('$4')}
    WHERE id = $1 AND ${sameText('value', '$3')} AND expires_ms > ${integer('$5')}`,
  ),
  delete: `DELETE FROM securest_state WHERE id = $1 AND expires_ms > ${integer('$2')}`,
  sweep: `DELETE FROM securest_state WHERE expires_ms <= ${integer('$1')}
    ORDER BY expires_ms, id LIMIT ${String(SWEPT_ROWS)}`,
  ended: `SELECT count(*) AS ended FROM securest_state WHERE expires_ms <= ${integer('$1')}`,
};
