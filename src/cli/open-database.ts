import { existsSync } from 'node:fs';
import { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { ConfigurationError } from '../errors';
import { loadOptional } from '../sql/load-optional';
import type { SqlClient } from '../sql/sql-client';
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

/** A connection to a database, for one command. What it throws never quotes the url, which may hold a password. */
export interface Database {
  readonly client: SqlClient;
  /** Gives up after a second where the server does not answer. */
  readonly close: () => Promise<void>;
}

const SQLITE = 'sqlite:';
const POSTGRES = /^postgres(?:ql)?:\/\//i;
const CONNECT_MS = 5000;
const STATEMENT_MS = 60_000;
const CLOSE_MS = 1000;

/** Whether a target is meant as the url of a database. */
export function isDatabase(target: string): boolean {
  return target.startsWith(SQLITE) || /^[a-z][a-z0-9+.-]*:\/\//i.test(target);
}

/**
 * Opens postgres://... or sqlite:PATH.
 * @param mayCreate whether an SQLite file that is not there is made
 */
export async function openDatabase(url: string, mayCreate = false): Promise<Database> {
  if (url.startsWith(SQLITE)) return openSqlite(url.slice(SQLITE.length), mayCreate);
  if (!POSTGRES.test(url)) throw new UsageError('A database is postgres://... or sqlite:PATH');
  const { Client } = loadOptional('pg', 'A database of postgres://') as Pg;
  // Its own socket, because end() waits for a server for ever.
  const socket = new Socket();
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_MS,
    statement_timeout: STATEMENT_MS,
    query_timeout: STATEMENT_MS,
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
    throw databaseFault(error);
  }
  return { client, close };
}

function openSqlite(path: string, mayCreate: boolean): Database {
  if (!mayCreate && path !== '' && !existsSync(path)) {
    throw new Error(`There is no ${path}: securest sql migrate sqlite:${path} makes it`);
  }
  const client = new SqliteClient(path);
  return {
    client,
    close: () => {
      client.close();
      return Promise.resolve();
    },
  };
}

/** What the database said: the public message of an outage says too little for who runs the command. */
export function databaseFault(error: unknown): Error {
  if (error instanceof ConfigurationError) return error;
  const { cause } = (error ?? {}) as { cause?: unknown };
  const { code, message } = (cause ?? error ?? {}) as { code?: unknown; message?: unknown };
  const said = typeof message === 'string' && message !== '' ? message : 'no answer';
  if (code === '42P01' || said.includes('no such table')) {
    return new Error('The database has no tables of securest: securest sql migrate makes them');
  }
  return new Error(`The database fails: ${said}${typeof code === 'string' ? ` (${code})` : ''}`);
}
