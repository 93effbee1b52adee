import { setTimeout as pause } from 'node:timers/promises';
import { ConfigurationError, ServiceUnavailableError } from '../errors';
import { migrateMysql, type Sessions } from './mysql-migrate';
import { versionsIn } from './schema';
import { ask, checkSqlClient, type DatabaseClient, type SqlClient } from './sql-client';
import { isDown } from './sql-errors';
import type { SqliteClient } from './sqlite-client';

/** Any number that other users of advisory locks are unlikely to take. */
const LOCK = 7_236_873_001;
const LOCK_TRIES = 100;

/**
 * Makes securest's own tables, or brings them up to date. Each version is one transaction, in MySQL all of its tables
 * or none; running it again, or in several processes at once, does nothing more.
 * @returns the version that the tables now have
 */
export async function migrate(client: DatabaseClient): Promise<number> {
  const checked = checkSqlClient('migrate()', client);
  const { dialect = 'postgres' } = checked;
  if (dialect === 'mysql') {
    if (hasSessions(checked)) return await migrateMysql(checked);
    throw new ConfigurationError('migrate() needs a pool of mysql2, or a MysqlClient, for MySQL');
  }
  const isSqlite = dialect === 'sqlite';
  for (const [index, statements] of versionsIn(dialect).entries()) {
    if (isSqlite) await migrateSqlite(checked, index + 1, statements);
    else await ask(checked, inPostgres(index + 1, statements), []);
  }
  const rows = await ask(checked, 'SELECT max(version) AS version FROM securest_migrations', []);
  return Number(rows[0]?.['version']);
}

/** One statement, because a pool may give each its own connection, and it is a transaction by itself. */
function inPostgres(version: number, statements: string): string {
  return `DO $securest$ BEGIN
PERFORM pg_advisory_xact_lock(${String(LOCK)});
CREATE TABLE IF NOT EXISTS securest_migrations (
  version integer NOT NULL PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now()
);
IF NOT EXISTS (SELECT FROM securest_migrations WHERE version = ${String(version)}) THEN
${statements}
INSERT INTO securest_migrations (version) VALUES (${String(version)});
END IF;
END $securest$`;
}

async function migrateSqlite(client: SqlClient, version: number, statements: string): Promise<void> {
  const { transaction } = client as Partial<SqliteClient>;
  if (typeof transaction !== 'function') {
    throw new ConfigurationError('migrate() needs a SqliteClient for SQLite: new SqliteClient(path)');
  }
  for (let tries = 1; ; tries++) {
    try {
      transaction.call(client, (run, read) => {
        run(`CREATE TABLE IF NOT EXISTS securest_migrations (
          version INTEGER NOT NULL PRIMARY KEY, applied_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
        ) STRICT`);
        const known = read(`SELECT version FROM securest_migrations WHERE version = ${String(version)}`);
        if (known.length > 0) return;
        run(statements);
        run(`INSERT INTO securest_migrations (version) VALUES (${String(version)})`);
      });
      return;
    } catch (error) {
      if (!isDown(error)) throw error;
      if (tries >= LOCK_TRIES) throw new ServiceUnavailableError({ cause: error });
      await pause(10);
    }
  }
}

function hasSessions(client: SqlClient): client is SqlClient & Sessions {
  return typeof (client as Partial<Sessions>).session === 'function';
}
