import { existsSync } from 'node:fs';
import { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { ConfigurationError } from '../errors';
import { loadOptional } from '../util/load-optional';
import { MysqlClient, type MysqlConnection } from '../sql/mysql-client';
import type { SqlClient } from '../sql/sql-client';
import { isConflict, refusedParameter } from '../sql/sql-errors';
import { SqliteClient } from '../sql/sqlite-client';
import { UsageError } from './command';

interface PgClient extends SqlClient {
  connect(): Promise<unknown>;
  end(): Promise<unknown>;
  on(event: 'error', listener: () => void): unknown;
}

interface Pg {
  readonly Client: new (settings: object) => PgClient;
}

interface Mysql {
  readonly createConnection: (settings: object) => {
    on(event: 'error', listener: () => void): unknown;
    end(callback: () => void): void;
    destroy(): void;
    promise(): MysqlConnection;
  };
}

/** A connection to a database, for one command. Its errors never quote the url, which may hold a password. */
export interface Database {
  readonly client: SqlClient;
  /** Gives up after a second if the server does not answer. */
  readonly close: () => Promise<void>;
}

const SQLITE = 'sqlite:';
const POSTGRES = /^postgres(?:ql)?:\/\//i;
const MYSQL = /^(?:mysql|mariadb):\/\//i;
const CONNECT_MS = 5000;
const STATEMENT_MS = 60_000;
const CLOSE_MS = 1000;
const OPEN_TRIES = 100;

/** Whether a target looks like the url of a database. */
export function isDatabase(target: string): boolean {
  return target.startsWith(SQLITE) || /^[a-z][a-z0-9+.-]*:\/\//i.test(target);
}

/**
 * Opens postgres://..., mysql://... or sqlite:PATH.
 * @param mayCreate whether to create an SQLite file that does not exist
 */
export async function openDatabase(url: string, mayCreate = false): Promise<Database> {
  if (url.startsWith(SQLITE)) return await openSqlite(url.slice(SQLITE.length), mayCreate);
  if (!POSTGRES.test(url) && !MYSQL.test(url)) {
    throw new UsageError('The database must be postgres://..., mysql://... or sqlite:PATH');
  }
  // The rest of a password after a / would be taken for the database name, which the server repeats in its errors.
  if (/^[^?#]*\/\/[^/]*\/[^?#]*@/.test(url)) {
    throw new UsageError('A / or @ in a password must be written as %2F or %40 in the url');
  }
  if (MYSQL.test(url)) return await openMysql(url);
  try {
    return await connectPostgres(url, { statement_timeout: STATEMENT_MS });
  } catch (error) {
    // A pooler shares its connections, so it refuses settings: the client's own limit must be enough.
    if (refusedParameter(error) !== 'statement_timeout') throw databaseFault(error);
  }
  return await connectPostgres(url, {}).catch((error: unknown) => {
    throw databaseFault(error);
  });
}

/** @throws the driver's own errors */
async function connectPostgres(url: string, limits: object): Promise<Database> {
  const { Client } = loadOptional('pg', 'A database of postgres://') as Pg;
  // A socket that can be destroyed here, because end() may wait for a server forever.
  const socket = new Socket();
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: STATEMENT_MS,
    ...limits,
    stream: () => socket,
  });
  client.on('error', () => undefined);
  const close = async (): Promise<void> => {
    await Promise.race([client.end(), pause(CLOSE_MS, undefined, { ref: false })]);
    socket.destroy();
  };
  try {
    await client.connect();
  } catch (error) {
    socket.destroy();
    throw error;
  }
  return { client: givingUp(client, socket), close };
}

/** An error without a code is not from the server: it does not answer, so the connection is given up. */
function givingUp(client: SqlClient, socket: Socket): SqlClient {
  return {
    query: async (sql, params) => {
      try {
        return await client.query(sql, params);
      } catch (error) {
        if (typeof (error as { code?: unknown }).code !== 'string') socket.destroy();
        throw error;
      }
    },
  };
}

async function openMysql(url: string): Promise<Database> {
  if (!URL.canParse(url)) throw new UsageError('The url of the database is not valid');
  const mysql = loadOptional('mysql2', 'A database of mysql://') as Mysql;
  const connection = mysql.createConnection({
    ...(process.env['MYSQL_PWD'] !== undefined && { password: process.env['MYSQL_PWD'] }),
    uri: url.replace(MYSQL, 'mysql://'),
    connectTimeout: CONNECT_MS,
  });
  connection.on('error', () => undefined);
  const client = new MysqlClient(connection.promise(), { timeoutMs: STATEMENT_MS });
  const close = async (): Promise<void> => {
    const ended = new Promise<void>((resolve) => {
      connection.end(resolve);
    });
    await Promise.race([ended, pause(CLOSE_MS, undefined, { ref: false })]);
    connection.destroy();
  };
  try {
    // This also waits for the connection, which has no other time limit once the server has accepted it.
    await client.session(
      (ask) =>
        ask(
          "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', time_zone = '+00:00', autocommit = 1",
          [],
        ),
      CONNECT_MS,
    );
  } catch (error) {
    connection.destroy();
    throw databaseFault(error);
  }
  return { client, close };
}

async function openSqlite(path: string, mayCreate: boolean): Promise<Database> {
  if (!mayCreate && path !== '' && !existsSync(path)) {
    throw new Error(`${path} does not exist: create it with securest sql migrate sqlite:${path}`);
  }
  const client = await connectSqlite(path);
  return {
    client,
    close: () => {
      client.close();
      return Promise.resolve();
    },
  };
}

/** Tries several times: the last process that closes the file locks it for a moment. */
async function connectSqlite(path: string): Promise<SqliteClient> {
  for (let tries = 1; ; tries += 1) {
    try {
      return new SqliteClient(path);
    } catch (error) {
      const { cause } = error as Error;
      if (!isConflict(cause)) throw error;
      if (tries >= OPEN_TRIES) throw databaseFault({ cause });
    }
    await pause(10);
  }
}

/** An error with the database's own message: the public message of an outage says too little at a terminal. */
export function databaseFault(error: unknown): Error {
  if (error instanceof ConfigurationError) return error;
  const { cause } = (error ?? {}) as { cause?: unknown };
  const { code, errno, message } = (cause ?? error ?? {}) as Readonly<Record<string, unknown>>;
  const said = typeof message === 'string' && message !== '' ? message : 'no answer';
  if (code === '42P01' || errno === 1146 || said.includes('no such table')) {
    return new Error('The database has no tables of securest: create them with securest sql migrate');
  }
  return new Error(`The database failed: ${said}${typeof code === 'string' ? ` (${code})` : ''}`);
}
