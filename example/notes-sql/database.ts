import { join } from 'node:path';
import { Pool } from 'pg';
import { type SqlClient, SqliteClient } from 'securest/sql';

/** The PostgreSQL of DATABASE_URL; without it an SQLite file in the app's folder. */
export function openDatabase(folder: string, url = process.env['DATABASE_URL']): SqlClient {
  if (url === undefined || url === '') return new SqliteClient(join(folder, 'notes.db'));
  const pool = new Pool({
    connectionString: url,
    connectionTimeoutMillis: 1000,
    query_timeout: 2000,
    statement_timeout: 1500,
    allowExitOnIdle: true,
  });
  // Without a listener the end of a connection that nobody uses would end the process.
  return pool.on('error', ({ message }) => {
    console.error(`database: ${message}`);
  });
}
