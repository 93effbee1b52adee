import { ConfigurationError } from '../errors';
import { knownOptions } from '../util/known-options';
import { checkSqlClient, type SqlClient } from './sql-client';
import { ownStatements } from './own-statements';
import { type Statements, statementsOf } from './statements';

/**
 * An app's own table and the names of its columns: plain identifiers, which are quoted, so their case counts.
 * `active` is a boolean (in SQLite 0 or 1); `roles` and `groups` are arrays, JSON lists, or one name each.
 */
export interface SqlTable {
  /** The table, or `schema.table`. */
  readonly name: string;
  /** Unique, and indexed: the lookup of every request. */
  readonly username: string;
  /** The password hash. With it hashes are upgraded. */
  readonly password?: string;
  readonly email?: string;
  readonly active?: string;
  readonly roles?: string;
  readonly groups?: string;
  /** A `timestamptz`, in SQLite a text as of `toISOString()`. Users need it to change their password. */
  readonly tokensValidFrom?: string;
}

/** Statements of the app's own. What comes from a request comes as a parameter only. */
export interface SqlQueries {
  /**
   * `$1` is the name. One row, or none, with the columns `username`, `password`, `email`, `active`, `roles`,
   * `groups` and `tokens_valid_from`, all but the first optional; other columns stay on the user.
   */
  readonly getUser?: string;
  /** `$1` is the name. One row, or none, with `name`, `roles` and `groups`, the parents. */
  readonly getGroup?: string;
  /**
   * `$1` is the new hash, `$2` the username, `$3` the old hash, which the row must still have, and `$4` the
   * moment for `tokens_valid_from`, null where it stays; without `$4` users cannot change their password. It stores
   * `$4`, or a second after the present value where that is later.
   * Ends in RETURNING: one row where it replaced.
   */
  readonly updatePassword?: string;
  /** Rows with the column `role`, for the security report. */
  readonly listRoles?: string;
}

export interface SqlUserstoreOptions {
  /** A `Pool` of `pg`, a {@link SqliteClient}, or anything like them. */
  readonly client: SqlClient;
  /** The app's own table. @default securest's own tables, which `migrate()` makes */
  readonly table?: SqlTable;
  /** The app's own statements, in place of the table's. */
  readonly queries?: SqlQueries;
}

const OPTIONS = ['client', 'table', 'queries'];
const COLUMNS = ['name', 'username', 'password', 'email', 'active', 'roles', 'groups', 'tokensValidFrom'];
const QUERIES = ['getUser', 'getGroup', 'updatePassword', 'listRoles'];

/** @throws ConfigurationError for options that do not hold */
export function checkSqlOptions(options: unknown): { client: SqlClient; statements: Statements } {
  const given = knownOptions('SqlUserstore', 'its options', options, OPTIONS);
  const client = checkSqlClient('SqlUserstore', given['client']);
  const table = given['table'] === undefined ? undefined : texts('table', given['table'], COLUMNS);
  const queries = given['queries'] === undefined ? {} : texts('queries', given['queries'], QUERIES);
  if (table !== undefined && (table['name'] === undefined || table['username'] === undefined)) {
    throw fault('table needs a name and a username');
  }
  const changes = queries['updatePassword'];
  if (changes !== undefined && !/\breturning\b/i.test(changes)) {
    throw fault('queries.updatePassword must end in RETURNING, to tell whether it replaced the hash');
  }
  if (changes !== undefined && !['$1', '$2', '$3'].every((parameter) => changes.includes(parameter))) {
    throw fault('queries.updatePassword needs $1, the new hash, $2, the username, and $3, the old hash');
  }
  for (const name of ['getUser', 'getGroup']) {
    if (queries[name]?.includes('$1') === false) throw fault(`queries.${name} needs $1, the name`);
  }
  const ownsGetUser = queries['getUser'] !== undefined;
  if (ownsGetUser && table !== undefined) throw fault('table and queries.getUser cannot go together');
  if (Object.keys(queries).length > 0 && !ownsGetUser && table === undefined) {
    throw fault('queries need getUser, or a table beside them');
  }
  if (ownsGetUser) return { client, statements: { getUser: '', ...queries } };
  const dialect = client.dialect ?? 'postgres';
  const statements =
    table === undefined ? ownStatements(dialect) : statementsOf(table as unknown as SqlTable, dialect);
  return { client, statements: { ...statements, ...queries } };
}

function texts(place: string, value: unknown, known: readonly string[]): Record<string, string> {
  const found = Object.entries(knownOptions('SqlUserstore', place, value, known)).filter(
    ([, text]) => text !== undefined,
  );
  if (!found.every(([, text]) => typeof text === 'string' && text !== ''))
    throw fault(`${place} must hold texts`);
  return Object.fromEntries(found) as Record<string, string>;
}

function fault(problem: string): ConfigurationError {
  return new ConfigurationError(`SqlUserstore: ${problem}`);
}
