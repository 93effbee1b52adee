/** Parts of statements for MySQL and MariaDB. */

/**
 * Begins a change. Times are UTC whatever zone the session has, and a value that does not fit fails, where a lenient
 * mode would cut a hash off. Each of the two servers takes the other's form for a comment.
 */
export function strictUpdate(table: string): string {
  return (
    "/*M! SET STATEMENT time_zone = '+00:00', sql_mode = 'STRICT_ALL_TABLES' FOR */ UPDATE " +
    `/*+ SET_VAR(time_zone = '+00:00') SET_VAR(sql_mode = 'STRICT_ALL_TABLES') */ ${table}`
  );
}

/** MariaDB cuts lists of JSON off at this length, by default or by an old setting. */
export const WHOLE_LISTS = '/*M! SET STATEMENT group_concat_max_len = 16777216 FOR */ ';

/** Whether two texts are the same bytes: by most collations case, accents and spaces at the end do not count. */
export function sameText(a: string, b: string): string {
  const bytes = (text: string): string => `CAST(CONVERT(${text} USING utf8mb4) AS BINARY)`;
  return `${bytes(a)} = ${bytes(b)}`;
}

/** A moment of UTC as a DATETIME. @param seconds since 1970, a text with three decimals, or null */
export function utcFrom(seconds: string): string {
  return `(TIMESTAMP('1970-01-01') + INTERVAL CAST(${seconds} AS DECIMAL(20, 3)) SECOND)`;
}

/** A time as the statements of MySQL take it: seconds since 1970, which no zone moves. */
export function secondsText(time: Date): string {
  return (time.getTime() / 1000).toFixed(3);
}
