import { ConfigurationError, ServiceUnavailableError } from '../errors';
import { isMysql2, MysqlClient, type MysqlConnection, type MysqlPool } from './mysql-client';
import type { Dialect } from './schema';
import { isDown, refusedParameter } from './sql-errors';

/**
 * The database client: a `Pool` of `pg` fits as it is, and so does a {@link SqliteClient}. Parameters are `$1`, `$2`
 * and so on, in every dialect.
 *
 * If the answer has `fields` in the form of `pg` (`name` and `dataTypeID`), a `tokensValidFrom` column of a type
 * without a time zone is refused. Without `fields` this is not checked.
 */
export interface SqlClient {
  /** The SQL dialect of securest's own statements. @default 'postgres' */
  readonly dialect?: Dialect;
  query(
    sql: string,
    params: unknown[],
  ): Promise<{
    rows: unknown[];
    readonly fields?: unknown;
    /** The number of rows that a change found; needed in MySQL, where no change returns its rows. */
    readonly affectedRows?: unknown;
  }>;
}

/** A client, or a pool or connection of `mysql2`, which is wrapped in a {@link MysqlClient}. */
export type DatabaseClient = SqlClient | MysqlPool | MysqlConnection;

export type SqlRow = Readonly<Record<string, unknown>>;

export interface SqlAnswer {
  readonly rows: SqlRow[];
  readonly fields: unknown;
  readonly affectedRows: unknown;
}

const HEARD = new WeakSet();
const DIALECTS: readonly unknown[] = ['postgres', 'sqlite', 'mysql'] satisfies Dialect[];

/** @throws ConfigurationError if the value is not a client */
export function checkSqlClient(component: string, client: unknown): SqlClient {
  const { dialect } = (client ?? {}) as { dialect?: unknown };
  if (dialect === undefined && isMysql2(client)) return new MysqlClient(client);
  const { query } = (client ?? {}) as { query?: unknown };
  if (typeof query !== 'function') {
    throw new ConfigurationError(
      `${component} needs a client with query(sql, params), such as a Pool of pg, a pool of mysql2 or a SqliteClient`,
    );
  }
  if (dialect !== undefined && !DIALECTS.includes(dialect)) {
    throw new ConfigurationError(
      `${component}: the dialect of the client must be 'postgres', 'sqlite' or 'mysql'`,
    );
  }
  return client as SqlClient;
}

/**
 * Listens to the errors of idle connections: a pool of `pg` replaces these connections, but without a listener the
 * first restart of the server would end the process.
 */
export function outliveIdleErrors(client: SqlClient): void {
  const { on } = client as { on?: unknown };
  if (typeof on !== 'function' || HEARD.has(client)) return;
  HEARD.add(client);
  on.call(client, 'error', () => undefined);
}

/**
 * The rows that a statement returns.
 * @throws ServiceUnavailableError if the database cannot answer now; any other throw is a bug
 */
export async function ask(client: SqlClient, sql: string, params: unknown[]): Promise<SqlRow[]> {
  return (await answerOf(client, sql, params)).rows;
}

/** {@link ask}, with the columns and the row count that the client reports. */
export async function answerOf(client: SqlClient, sql: string, params: unknown[]): Promise<SqlAnswer> {
  let result: unknown;
  try {
    result = await client.query(sql, params);
  } catch (error) {
    const parameter = refusedParameter(error);
    if (parameter !== undefined) throw refusedBetween(parameter, error);
    if (isDown(error)) throw new ServiceUnavailableError({ cause: error });
    throw error;
  }
  const { rows, fields, affectedRows } = (result ?? {}) as {
    rows?: unknown;
    fields?: unknown;
    affectedRows?: unknown;
  };
  const isList = Array.isArray(rows) && rows.every((row) => typeof row === 'object' && row !== null);
  if (!isList) throw new TypeError('The SQL client must answer with { rows }, a list of objects');
  return { rows: rows as SqlRow[], fields, affectedRows };
}

function refusedBetween(parameter: string, cause: unknown): ConfigurationError {
  return new ConfigurationError(
    `The pooler before the database refuses the startup parameter ${parameter}: take it out of the settings of the ` +
      `pool, and set it in the database by ALTER ROLE ... SET ${parameter} = ...`,
    { cause },
  );
}
