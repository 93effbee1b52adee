import { ConfigurationError } from '../errors';
import { optional, text, unchecked } from '../util/option-kinds';
import { type Kind, objectOf, parseOptions, withoutContainer } from '../util/parse-options';
import { checkSqlClient, type DatabaseClient, type SqlClient } from './sql-client';
import { ownStatements } from './own-statements';
import { type Statements, statementsOf } from './statements';

/**
 * An app's own table and the names of its columns: plain identifiers, which are quoted, so they are case-sensitive.
 * `active` is a boolean, or 0 or 1; `roles` and `groups` are arrays, JSON lists, or a single name.
 */
export interface SqlTable {
  /** The table, or `schema.table`. */
  readonly name: string;
  /** Unique, and indexed: every request looks a user up by it. */
  readonly username: string;
  /** A permanent id of the user, never reused for another user: a column of texts or whole numbers. */
  readonly id?: string;
  /** The password hash. If set, the store can replace hashes, so outdated hashes are upgraded. */
  readonly password?: string;
  readonly email?: string;
  readonly active?: string;
  readonly roles?: string;
  readonly groups?: string;
  /**
   * A `timestamptz`, in SQLite a text in the form of `toISOString()`, in MySQL a `TIMESTAMP`. Users need it to change
   * their password.
   */
  readonly tokensValidFrom?: string;
}

/** The app's own statements. Values from a request are passed as parameters only. */
export interface SqlQueries {
  /**
   * `$1` is the name. Returns at most one row with the columns `username`, `id`, `password`, `email`, `active`,
   * `roles`, `groups` and `tokens_valid_from`, all but the first optional. Other columns become further properties of
   * the user.
   */
  readonly getUser?: string;
  /** `$1` is the name. Returns at most one row with `name`, `roles` and `groups` (the parent groups). */
  readonly getGroup?: string;
  /**
   * `$1` is the new hash, `$2` the username, `$3` the old hash, which the row must still have, and `$4` the new
   * `tokens_valid_from`, null to leave it unchanged; without `$4` users cannot change their password. The statement
   * must store the later of `$4` and a second after the present value. It ends in RETURNING, and returns one row if it
   * replaced the hash. In MySQL, which has no RETURNING, the driver counts the rows, and `$4` is in seconds since 1970,
   * for FROM_UNIXTIME.
   */
  readonly updatePassword?: string;
  /** Returns rows with the column `role`, for the security report. */
  readonly listRoles?: string;
}

/** The options of `SqlUserstore`. */
export interface SqlUserstoreOptions {
  /** A `Pool` of `pg`, a pool of `mysql2`, a {@link SqliteClient}, or a client of the same form. */
  readonly client: DatabaseClient;
  /** The app's own table. @default securest's own tables, which `migrate()` creates */
  readonly table?: SqlTable;
  /** The app's own statements, in place of the table's. */
  readonly queries?: SqlQueries;
}

const optionalText = optional(text);
const TABLE = {
  name: text,
  username: text,
  id: optionalText,
  password: optionalText,
  email: optionalText,
  active: optionalText,
  roles: optionalText,
  groups: optionalText,
  tokensValidFrom: optionalText,
} satisfies Record<keyof SqlTable, Kind<unknown>>;
const QUERIES = {
  getUser: optionalText,
  getGroup: optionalText,
  updatePassword: optionalText,
  listRoles: optionalText,
} satisfies Record<keyof SqlQueries, Kind<unknown>>;
const OPTIONS = {
  // `checkSqlClient` checks it.
  client: unchecked<unknown>(),
  table: optional(objectOf(TABLE)),
  queries: optional(objectOf(QUERIES)),
} satisfies Record<keyof SqlUserstoreOptions, Kind<unknown>>;

/** The checked options of a store. */
export interface SqlSettings {
  readonly client: SqlClient;
  readonly statements: Statements;
  readonly table: SqlTable | undefined;
  readonly queries: SqlQueries;
}

/** @throws ConfigurationError for unknown or invalid options */
export function checkSqlOptions(options: unknown): SqlSettings {
  const given = parseOptions('SqlUserstore', withoutContainer(options), OPTIONS);
  const client = checkSqlClient('SqlUserstore', given.client);
  const table = given.table && present<SqlTable>(given.table);
  const queries = present<SqlQueries>(given.queries ?? {});
  const { getUser, getGroup, updatePassword } = queries;
  const isMysql = client.dialect === 'mysql';
  if (updatePassword !== undefined && !isMysql && !/\breturning\b/i.test(updatePassword)) {
    throw fault('queries.updatePassword must end in RETURNING, to tell whether it replaced the hash');
  }
  if (updatePassword !== undefined && !['$1', '$2', '$3'].every((at) => updatePassword.includes(at))) {
    throw fault('queries.updatePassword needs $1, the new hash, $2, the username, and $3, the old hash');
  }
  for (const [name, query] of Object.entries({ getUser, getGroup })) {
    if (query === undefined || query.includes('$1') || (isMysql && query.includes('?'))) continue;
    throw fault(`queries.${name} needs $1, the name`);
  }
  if (getUser !== undefined && table !== undefined) {
    throw fault('table and queries.getUser cannot be combined');
  }
  if (Object.keys(queries).length > 0 && getUser === undefined && table === undefined) {
    throw fault('queries need getUser, or a table beside them');
  }
  if (getUser !== undefined) return { client, table, queries, statements: { ...queries, getUser } };
  const dialect = client.dialect ?? 'postgres';
  const statements = table === undefined ? ownStatements(dialect) : statementsOf(table, dialect);
  return { client, table, queries, statements: { ...statements, ...queries } };
}

/** Removes undefined options. */
function present<T extends object>(values: { readonly [Name in keyof T]: T[Name] | undefined }): T {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T;
}

function fault(problem: string): ConfigurationError {
  return new ConfigurationError(`SqlUserstore: ${problem}`);
}
