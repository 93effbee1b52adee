import type { Dialect } from './schema';

/** How an UPDATE moves `tokensValidFrom` in the step that replaces the hash. */
export interface StampSql {
  /** The new value: `$4` and at least a second after the present one, or the present one where `$4` is null. */
  readonly value: string;
  /** Follows the WHERE, where there may be no later value. */
  readonly condition: string;
}

/** @param column quoted where it must be */
export function stampSql(dialect: Dialect, column: string): StampSql {
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
    // After the year 9999 it is null.
    condition: ` AND ($4 IS NULL OR ${column} IS NULL OR ${later} IS NOT NULL)`,
  };
}

/** A time as both dialects read it. PostgreSQL knows no `+010000` for the year 10000. */
export function timeText(time: Date): string {
  return time.toISOString().replace(/^\+0*/, '');
}
