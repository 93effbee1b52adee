import { ConfigurationError, ServiceUnavailableError } from '../errors';
import { isMysql2, MysqlClient, type MysqlConnection, type MysqlPool } from './mysql-client';
import type { Dialect } from './schema';
import { isDown, refusedParameter } from './sql-errors';

/**
 * What is needed of a database client: a `Pool` of `pg` fits as it is, a {@link SqliteClient} too.
 * Parameters are `$1`, `$2` and so on, in every dialect.
 *
 * By `fields` of an answer, as `pg` has them (`name` and `dataTypeID`), a `tokensValidFrom` of a type without a time
 * zone is refused. A client without them cannot be judged.
 */
export interface SqlClient {
  /** What the statements of securest's own are written in. @default 'postgres' */
  readonly dialect?: Dialect;
  query(
    sql: string,
    params: unknown[],
  ): Promise<{
    rows: unknown[];
    readonly fields?: unknown;
    /** In MySQL, where no statement answers with what it changed: how many rows it found. */
    readonly affectedRows?: unknown;
  }>;
}

/** A client, or a pool of `mysql2` as it is, which is given to a {@link MysqlClient}. */
export type DatabaseClient = SqlClient | MysqlPool | MysqlConnection;

export type SqlRow = Readonly<Record<string, unknown>>;

export interface SqlAnswer {
  readonly rows: SqlRow[];
  readonly fields: unknown;
  readonly affectedRows: unknown;
}

const HEARD = new WeakSet();
const DIALECTS: readonly unknown[] = ['postgres', 'sqlite', 'mysql'] satisfies Dialect[];

/** @throws ConfigurationError when the value is not a client */
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
 * Hears the errors of connections that nobody uses: a pool of `pg` replaces them, but without a listener the
 * first restart of the server ends the process.
 */
export function outliveIdleErrors(client: SqlClient): void {
  const { on } = client as { on?: unknown };
  if (typeof on !== 'function' || HEARD.has(client)) return;
  HEARD.add(client);
  on.call(client, 'error', () => undefined);
}

/**
 * The rows that a statement answers with.
 * @throws ServiceUnavailableError when the database cannot answer now; any other throw is a bug
 */
export async function ask(client: SqlClient, sql: string, params: unknown[]): Promise<SqlRow[]> {
  return (await answerOf(client, sql, params)).rows;
}

/** {@link ask}, with what the client says of the columns. */
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
