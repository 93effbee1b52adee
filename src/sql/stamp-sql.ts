import { secondsText, utcFrom } from './mysql-sql';
import type { Dialect } from './schema';

/** How an UPDATE moves `tokensValidFrom` in the step that replaces the hash. */
export interface StampSql {
  /** The new value: `$4`, but at least a second after the present value; the present value if `$4` is null. */
  readonly value: string;
  /** Appended to the WHERE in dialects in which a later value may not exist. */
  readonly condition: string;
}

/**
 * @param column already quoted if necessary
 * @param isOwn whether it belongs to securest's own tables: in MySQL a DATETIME in UTC, else a TIMESTAMP
 */
export function stampSql(dialect: Dialect, column: string, isOwn = false): StampSql {
  if (dialect === 'mysql') return mysqlStamp(column, isOwn);
  if (dialect === 'postgres') {
    const later = `greatest($4::timestamptz, ${column}::timestamptz + interval '1 second')`;
    return {
      value: `CASE WHEN $4::timestamptz IS NULL THEN ${column}::timestamptz ELSE ${later} END`,
      condition: '',
    };
  }
  const later = `strftime('%Y-%m-%dT%H:%M:%fZ', ${column}, '+1 second')`;
  return {
    value: `CASE WHEN $4 IS NULL THEN ${column} WHEN ${column} IS NULL THEN $4 ELSE max($4, ${later}) END`,
    // `later` is null after the year 9999.
    condition: ` AND ($4 IS NULL OR ${column} IS NULL OR ${later} IS NOT NULL)`,
  };
}

/** A TIMESTAMP ends in 2038, or later in newer versions, a DATETIME after the year 9999. */
function mysqlStamp(column: string, isOwn: boolean): StampSql {
  const given = isOwn ? utcFrom('$4') : 'FROM_UNIXTIME(CAST($4 AS DECIMAL(20, 3)))';
  const later = `${column} + INTERVAL 1 SECOND`;
  const hasLater = isOwn
    ? `${column} < '9999-12-31 23:59:59'`
    : `(UNIX_TIMESTAMP(${given}) > 0 AND (${column} IS NULL OR UNIX_TIMESTAMP(${later}) > 0))`;
  return {
    value: `CASE WHEN $4 IS NULL THEN ${column} WHEN ${column} IS NULL THEN ${given} ELSE GREATEST(${given}, ${later}) END`,
    condition: ` AND ($4 IS NULL OR ${isOwn ? `${column} IS NULL OR ` : ''}${hasLater})`,
  };
}

/** A time as a parameter in the dialect. PostgreSQL does not accept `+010000` for the year 10000. */
export function timeText(time: Date, dialect: Dialect): string {
  if (dialect === 'mysql') return secondsText(time);
  return time.toISOString().replace(/^\+0*/, '');
}
