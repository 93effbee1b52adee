import { join } from 'node:path';
import { Pool } from 'pg';
import { type SqlClient, SqliteClient } from 'securest/sql';

/** The PostgreSQL database of DATABASE_URL, or without it an SQLite file in the app's folder. */
export function openDatabase(folder: string, url = process.env['DATABASE_URL']): SqlClient {
  if (url === undefined || url === '') return new SqliteClient(join(folder, 'notes.db'));
  const pool = new Pool({
    connectionString: url,
    connectionTimeoutMillis: 1000,
    query_timeout: 2000,
    statement_timeout: 1500,
    allowExitOnIdle: true,
  });
  // Without a listener, a lost idle connection would end the process.
  return pool.on('error', ({ message }) => {
    console.error(`database: ${message}`);
  });
}
