import { ConfigurationError } from '../errors';

/**
 * SQLSTATE classes and codes of a server that cannot answer now: connections (08), who may connect (28), aborted
 * transactions (40), resources (53), operators and time limits (57), its disk (58); a lock that is held, and a
 * standby that takes no writes. @see PostgreSQL, Appendix A
 */
const DOWN_STATES = /^(?:08|28|40|53|57|58)...$|^55P03$|^25006$/;
const DOWN_IN_SQLITE = /^SQLITE_(?:BUSY|LOCKED|IOERR|FULL|CANTOPEN|PROTOCOL|INTERRUPT|NOMEM|READONLY)/;
/**
 * Error numbers of MySQL and MariaDB, some of which come without a SQLSTATE or with a general one: connections, who
 * may connect, memory and disk, locks, shutdown, read-only servers, time limits, a cluster that is not ready.
 */
const DOWN_IN_MYSQL: ReadonlySet<number> = new Set([
  ...[1016, 1020, 1021, 1028, 1030, 1037, 1038, 1040, 1041, 1042, 1043, 1044, 1045, 1047, 1053, 1077, 1079],
  ...[1080, 1105, 1114, 1129, 1130, 1135, 1152, 1158, 1159, 1160, 1161, 1180, 1184, 1203, 1205, 1213, 1226],
  ...[1251, 1290, 1317, 1429, 1461, 1613, 1614, 1615, 1637, 1698, 1792, 1820, 1836, 1862, 1927, 1969, 2002],
  ...[2003, 2006, 2013, 3024, 3032, 3058, 3100, 3101, 3118, 3159, 3168, 3169, 3572, 4031, 4151],
]);
const BUGS = [ConfigurationError, TypeError, RangeError, ReferenceError, SyntaxError];

/**
 * Whether a client's error says that the database cannot answer now. A statement or a schema that is wrong is a
 * bug, in PostgreSQL by every other SQLSTATE; what nobody knows counts as down. Both refuse.
 */
export function isDown(error: unknown): boolean {
  if (BUGS.some((bug) => error instanceof bug)) return false;
  const { code } = (error ?? {}) as { code?: unknown };
  const { number, state } = mysqlError(error);
  if (number !== undefined) return DOWN_IN_MYSQL.has(number) || DOWN_STATES.test(state);
  if (typeof code !== 'string') return true;
  if (code.startsWith('SQLITE_')) return DOWN_IN_SQLITE.test(code);
  // ECONNREFUSED and its like are longer, EPIPE has the length of a SQLSTATE.
  return !/^[0-9A-Z]{5}$/.test(code) || code === 'EPIPE' || DOWN_STATES.test(code);
}

/** The parameter that a pooler between refuses a connection for, which no waiting cures: PgBouncer does so. */
export function refusedParameter(error: unknown): string | undefined {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  if (code !== '08P01' || typeof message !== 'string') return undefined;
  return /unsupported startup parameter(?: in options)?: (\w{1,63})/.exec(message)?.[1];
}

/**
 * Whether PostgreSQL could not convert the first parameter to the type of its column: no row has such a value. Its
 * message quotes the text.
 * @param isOnly whether the statement converts nothing else
 */
export function isUnfit(error: unknown, isOnly: boolean): boolean {
  const { code, where } = (error ?? {}) as { code?: unknown; where?: unknown };
  if (typeof code !== 'string' || !/^22(?:P02|003|007|008)$/.test(code)) return false;
  return isOnly || (typeof where === 'string' && /\bportal (?:"[^"]*" )?parameter \$1\b/.test(where));
}

/** Whether the same transaction may well succeed when it is tried again. */
export function isConflict(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: unknown };
  const { number } = mysqlError(error);
  if (number !== undefined) return [1020, 1205, 1213].includes(number) || isTaken(error, 'PRIMARY');
  return typeof code === 'string' && /^40...$|^SQLITE_(?:BUSY|LOCKED)/.test(code);
}

/** Whether a table of the statement does not exist. */
export function isMissing(error: unknown): boolean {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  if (mysqlError(error).number === 1146 || code === '42P01') return true;
  return code === 'SQLITE_ERROR' && typeof message === 'string' && message.startsWith('no such table');
}

/** Whether MySQL refused a row because another has the same value in a unique key. */
export function isTaken(error: unknown, key: string): boolean {
  const { sqlMessage } = (error ?? {}) as { sqlMessage?: unknown };
  if (mysqlError(error).number !== 1062 || typeof sqlMessage !== 'string') return false;
  // Each language quotes the key last, MySQL with the table before it.
  return sqlMessage.endsWith(`${key}'`);
}

/** Whether MySQL could not compare a text, because the character set of a column lacks a character of it. */
export function isUnwritable(error: unknown): boolean {
  return [1267, 1977, 3854].includes(mysqlError(error).number ?? 0);
}

/** What a server of MySQL said. The errors of the driver, and of the network, have other numbers or none. */
function mysqlError(error: unknown): { readonly number?: number; readonly state: string } {
  const { errno, sqlMessage, sqlState } = (error ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof errno !== 'number' || typeof sqlMessage !== 'string') return { state: '' };
  return { number: errno, state: typeof sqlState === 'string' ? sqlState : '' };
}
