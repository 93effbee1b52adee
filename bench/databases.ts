/** The databases that benches measure: SQLite always, PostgreSQL where it is installed. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type SqlClient, SqliteClient } from '../src/sql';
import { PostgresServer, whyNoPostgres } from '../test/integration/postgres-server';

export async function onDatabases(
  measure: (name: string, client: SqlClient) => Promise<unknown>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'securest-bench-'));
  const file = new SqliteClient(join(folder, 'bench.db'));
  try {
    await measure('SQLite', file);
  } finally {
    file.close();
    rmSync(folder, { recursive: true });
  }
  const missing = whyNoPostgres();
  if (missing !== undefined) {
    console.log(`PostgreSQL is left out, because ${missing}`);
    return;
  }
  const server = new PostgresServer();
  try {
    await server.start();
    const pool = server.pool({ query_timeout: 300_000, statement_timeout: 300_000 });
    await measure('PostgreSQL', pool);
    await pool.end();
  } finally {
    await server.remove();
  }
}
