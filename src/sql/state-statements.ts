import { sameText } from './mysql-sql';
import type { Dialect } from './schema';

/** What {@link SqlState} asks with. A change answers with the row that it found, in MySQL by the number of rows. */
export interface StateStatements {
  /** `$1`: key, `$2`: now. */
  readonly get: string;
  /** `$1`: owner, `$2`: now. */
  readonly list: string;
  /** `$1`: key, `$2`: value, `$3`: owner, `$4`: end, and but in MySQL `$5`: now, at which an entry in its place must have ended. */
  readonly insert: string;
  /** In MySQL, which cannot do it in one step: takes an ended entry out of the way. `$1`: key, `$2`: now. */
  readonly clear?: string;
  /** `$1`: key, `$2`: value, `$3`: the value before, `$4`: end, `$5`: now. */
  readonly swap: string;
  /** `$1`: key, `$2`: now. */
  readonly delete: string;
  /** `$1`: now. Some of those that have ended, but none that another transaction holds. */
  readonly sweep: string;
  /** `$1`: now. How many have ended. */
  readonly ended: string;
}

/** How many ended rows go at once: more would hold their locks for long. */
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
    // The end is compared again: somebody may have put a new entry in the place of the ended one.
    sweep: `DELETE FROM securest_state WHERE expires_ms <= $1 AND id IN (
      SELECT id FROM securest_state WHERE expires_ms <= $1 ORDER BY expires_ms LIMIT ${String(SWEPT_ROWS)}${skip}
    ) RETURNING 1 AS gone`,
    ended: 'SELECT count(*) AS ended FROM securest_state WHERE expires_ms <= $1',
  };
}

/** The driver sends numbers as reals, and texts in the character set of the connection. */
const integer = (parameter: string): string => `CAST(${parameter} AS SIGNED)`;
/** A lenient mode would cut texts off, and replace characters. */
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
