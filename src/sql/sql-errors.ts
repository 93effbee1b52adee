/**
 * SQLSTATE classes and codes of a server that cannot answer now: connections (08), who may connect (28), aborted
 * transactions (40), resources (53), operators and time limits (57), its disk (58); a lock that is held, and a
 * standby that takes no writes. @see PostgreSQL, Appendix A
 */
const DOWN_STATES = /^(?:08|28|40|53|57|58)...$|^55P03$|^25006$/;
const DOWN_IN_SQLITE = /^SQLITE_(?:BUSY|LOCKED|IOERR|FULL|CANTOPEN|PROTOCOL|INTERRUPT|NOMEM|READONLY)/;
const BUGS = [TypeError, RangeError, ReferenceError, SyntaxError];

/**
 * Whether a client's error says that the database cannot answer now. A statement or a schema that is wrong is a
 * bug, in PostgreSQL by every other SQLSTATE; what nobody knows counts as down. Both refuse.
 */
export function isDown(error: unknown): boolean {
  if (BUGS.some((bug) => error instanceof bug)) return false;
  const { code } = (error ?? {}) as { code?: unknown };
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
  return typeof code === 'string' && /^40...$|^SQLITE_(?:BUSY|LOCKED)/.test(code);
}
