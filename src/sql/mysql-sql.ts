/** Parts of statements for MySQL and MariaDB. */

/**
 * Begins a change. Times are UTC whatever the zone of the session, and a value that does not fit is an error; a lenient
 * mode would truncate a hash. Each of the two servers reads the other's form as a comment.
 */
export function strictUpdate(table: string): string {
  return (
    "/*M! SET STATEMENT time_zone = '+00:00', sql_mode = 'STRICT_ALL_TABLES' FOR */ UPDATE " +
    `/*+ SET_VAR(time_zone = '+00:00') SET_VAR(sql_mode = 'STRICT_ALL_TABLES') */ ${table}`
  );
}

/** MariaDB truncates JSON lists at `group_concat_max_len`, whose default or configured value may be too small. */
export const WHOLE_LISTS = '/*M! SET STATEMENT group_concat_max_len = 16777216 FOR */ ';

/** Compares two texts by their bytes: most collations ignore case, accents and trailing spaces. */
export function sameText(a: string, b: string): string {
  const bytes = (text: string): string => `CAST(CONVERT(${text} USING utf8mb4) AS BINARY)`;
  return `${bytes(a)} = ${bytes(b)}`;
}

/** A time as a DATETIME in UTC. @param seconds since 1970, a text with three decimals, or null */
export function utcFrom(seconds: string): string {
  return `(TIMESTAMP('1970-01-01') + INTERVAL CAST(${seconds} AS DECIMAL(20, 3)) SECOND)`;
}

/** A time as a parameter for MySQL: seconds since 1970, which do not depend on a time zone. */
export function secondsText(time: Date): string {
  return (time.getTime() / 1000).toFixed(3);
}
