import { ConfigurationError } from '../errors';

/**
 * SQLSTATE classes and codes of a server that cannot answer now: connections (08), authorisation to connect (28),
 * aborted transactions (40), resources (53), operator intervention and time limits (57), its disk (58); a held lock,
 * and a standby that accepts no writes. @see PostgreSQL, Appendix A
 */
const DOWN_STATES = /^(?:08|28|40|53|57|58)...$|^55P03$|^25006$/;
const DOWN_IN_SQLITE = /^SQLITE_(?:BUSY|LOCKED|IOERR|FULL|CANTOPEN|PROTOCOL|INTERRUPT|NOMEM|READONLY)/;
/**
 * Error numbers of MySQL and MariaDB, some of which have no SQLSTATE or a general one: connections, authorisation to
 * connect, memory and disk, locks, shutdown, read-only servers, time limits, a cluster that is not ready.
 */
const DOWN_IN_MYSQL: ReadonlySet<number> = new Set([
  ...[1016, 1020, 1021, 1028, 1030, 1037, 1038, 1040, 1041, 1042, 1043, 1044, 1045, 1047, 1053, 1077, 1079],
  ...[1080, 1105, 1114, 1129, 1130, 1135, 1152, 1158, 1159, 1160, 1161, 1180, 1184, 1203, 1205, 1213, 1226],
  ...[1251, 1290, 1317, 1429, 1461, 1613, 1614, 1615, 1637, 1698, 1792, 1820, 1836, 1862, 1927, 1969, 2002],
  ...[2003, 2006, 2013, 3024, 3032, 3058, 3100, 3101, 3118, 3159, 3168, 3169, 3572, 4031, 4151],
]);
const BUGS = [ConfigurationError, TypeError, RangeError, ReferenceError, SyntaxError];

/**
 * Whether a client's error means that the database cannot answer now. A wrong statement or schema is a bug; in
 * PostgreSQL every other SQLSTATE counts as a bug. An unknown error counts as down. Either way the request is refused.
 */
export function isDown(error: unknown): boolean {
  if (BUGS.some((bug) => error instanceof bug)) return false;
  const { code } = (error ?? {}) as { code?: unknown };
  const { number, state } = mysqlError(error);
  if (number !== undefined) return DOWN_IN_MYSQL.has(number) || DOWN_STATES.test(state);
  if (typeof code !== 'string') return true;
  if (code.startsWith('SQLITE_')) return DOWN_IN_SQLITE.test(code);
  // Most codes of Node, such as ECONNREFUSED, are longer than a SQLSTATE; EPIPE has the same length.
  return !/^[0-9A-Z]{5}$/.test(code) || code === 'EPIPE' || DOWN_STATES.test(code);
}

/** The startup parameter for which a pooler such as PgBouncer refuses a connection. Waiting does not help. */
export function refusedParameter(error: unknown): string | undefined {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  if (code !== '08P01' || typeof message !== 'string') return undefined;
  return /unsupported startup parameter(?: in options)?: (\w{1,63})/.exec(message)?.[1];
}

/**
 * Whether PostgreSQL could not convert the first parameter to the type of its column: then no row has this value. The
 * error's message quotes the text.
 * @param isOnly whether the statement converts no other value
 */
export function isUnfit(error: unknown, isOnly: boolean): boolean {
  const { code, where } = (error ?? {}) as { code?: unknown; where?: unknown };
  if (typeof code !== 'string' || !/^22(?:P02|003|007|008)$/.test(code)) return false;
  return isOnly || (typeof where === 'string' && /\bportal (?:"[^"]*" )?parameter \$1\b/.test(where));
}

/** Whether the same transaction may succeed when it is repeated. */
export function isConflict(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: unknown };
  const { number } = mysqlError(error);
  if (number !== undefined) return [1020, 1205, 1213].includes(number) || isTaken(error, 'PRIMARY');
  return typeof code === 'string' && /^40...$|^SQLITE_(?:BUSY|LOCKED)/.test(code);
}

/** Whether a table of the statement is missing. */
export function isMissing(error: unknown): boolean {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  if (mysqlError(error).number === 1146 || code === '42P01') return true;
  return code === 'SQLITE_ERROR' && typeof message === 'string' && message.startsWith('no such table');
}

/** Whether MySQL refused a row because another row has the same value in a unique key. */
export function isTaken(error: unknown, key: string): boolean {
  const { sqlMessage } = (error ?? {}) as { sqlMessage?: unknown };
  if (mysqlError(error).number !== 1062 || typeof sqlMessage !== 'string') return false;
  // The message ends with the quoted key in each language; MySQL puts the table before the key.
  return sqlMessage.endsWith(`${key}'`);
}

/** Whether MySQL could not compare a text because the character set of the column lacks one of its characters. */
export function isUnwritable(error: unknown): boolean {
  return [1267, 1977, 3854].includes(mysqlError(error).number ?? 0);
}

/** The error of a MySQL server. Errors of the driver and of the network have other numbers, or no number. */
function mysqlError(error: unknown): { readonly number?: number; readonly state: string } {
  const { errno, sqlMessage, sqlState } = (error ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof errno !== 'number' || typeof sqlMessage !== 'string') return { state: '' };
  return { number: errno, state: typeof sqlState === 'string' ? sqlState : '' };
}
