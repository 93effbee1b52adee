import { setTimeout as pause } from 'node:timers/promises';
import { ConfigurationError, ServiceUnavailableError } from '../errors';
import { FEATURES } from './features';
import { migrateMysql, type Sessions } from './mysql-migrate';
import { type TransactionalDialect, versionsIn } from './schema';
import { ask, checkSqlClient, type DatabaseClient, type SqlClient } from './sql-client';
import { isDown } from './sql-errors';
import type { SqliteClient } from './sqlite-client';

/** An arbitrary number that other users of advisory locks are unlikely to use. */
const LOCK = 7_236_873_001;
const LOCK_TRIES = 100;

/** The present versions of the tables. */
export interface Versions {
  readonly users: number;
  readonly features: Readonly<Record<string, number>>;
}

/**
 * Creates or updates securest's own tables: those of users, of SqlState, SqlRevocationLog and SqlFactors. Each version
 * is one transaction; in MySQL a version creates all of its new tables or none. It is safe to run it again, and in
 * several processes at once.
 * @returns the present version of the user tables
 */
export async function migrate(client: DatabaseClient): Promise<number> {
  return (await migrateAll(client)).users;
}

/** {@link migrate}, with the versions of all features. */
export async function migrateAll(client: DatabaseClient): Promise<Versions> {
  const checked = checkSqlClient('migrate()', client);
  const { dialect = 'postgres' } = checked;
  if (dialect !== 'mysql') {
    for (const [ledger, versions] of ledgersIn(dialect)) {
      for (const [index, statements] of versions.entries()) {
        if (dialect === 'sqlite') await migrateSqlite(checked, ledger, index + 1, statements);
        else await ask(checked, inPostgres(ledger, index + 1, statements), []);
      }
    }
  } else if (hasSessions(checked)) await migrateMysql(checked);
  else throw new ConfigurationError('migrate() needs a pool of mysql2, or a MysqlClient, for MySQL');
  return await versionsOf(checked);
}

/** The table that records the applied versions. */
interface Ledger {
  readonly table: string;
  /** The condition of a WHERE for one feature. */
  readonly where: string;
  readonly columns: string;
  readonly values: string;
  /** The columns of the table before `applied_at`. */
  readonly definition: string;
  readonly key: string;
}

const USERS: Ledger = {
  table: 'securest_migrations',
  where: '',
  columns: 'version',
  values: '',
  definition: 'version integer NOT NULL PRIMARY KEY',
  key: '',
};

function featureLedger(feature: string): Ledger {
  return {
    table: 'securest_feature_migrations',
    where: `feature = '${feature}' AND `,
    columns: 'feature, version',
    values: `'${feature}', `,
    definition: 'feature text NOT NULL, version integer NOT NULL',
    key: ', PRIMARY KEY (feature, version)',
  };
}

function ledgersIn(dialect: TransactionalDialect): [Ledger, readonly string[]][] {
  return [
    [USERS, versionsIn(dialect)],
    ...FEATURES.map(({ name, versions }): [Ledger, readonly string[]] => [
      featureLedger(name),
      versions.map((version) => version[dialect]),
    ]),
  ];
}

/** One statement, because a pool may use another connection for each, and one statement is a transaction by itself. */
function inPostgres(ledger: Ledger, version: number, statements: string): string {
  const { table, where, columns, values, definition, key } = ledger;
  return `DO $securest$ BEGIN
PERFORM pg_advisory_xact_lock(${String(LOCK)});
CREATE TABLE IF NOT EXISTS ${table} (
  ${definition}, applied_at timestamptz NOT NULL DEFAULT now()${key}
);
IF NOT EXISTS (SELECT FROM ${table} WHERE ${where}version = ${String(version)}) THEN
${statements}
INSERT INTO ${table} (${columns}) VALUES (${values}${String(version)});
END IF;
END $securest$`;
}

async function migrateSqlite(
  client: SqlClient,
  { table, where, columns, values, definition, key }: Ledger,
  version: number,
  statements: string,
): Promise<void> {
  const { transaction } = client as Partial<SqliteClient>;
  if (typeof transaction !== 'function') {
    throw new ConfigurationError('migrate() needs a SqliteClient for SQLite: new SqliteClient(path)');
  }
  for (let tries = 1; ; tries++) {
    try {
      transaction.call(client, (run, read) => {
        run(`CREATE TABLE IF NOT EXISTS ${table} (
          ${definition}, applied_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP${key}
        ) STRICT`);
        const known = read(`SELECT version FROM ${table} WHERE ${where}version = ${String(version)}`);
        if (known.length > 0) return;
        run(statements);
        run(`INSERT INTO ${table} (${columns}) VALUES (${values}${String(version)})`);
      });
      return;
    } catch (error) {
      if (!isDown(error)) throw error;
      if (tries >= LOCK_TRIES) throw new ServiceUnavailableError({ cause: error });
      await pause(10);
    }
  }
}

async function versionsOf(client: SqlClient): Promise<Versions> {
  const [users] = await ask(client, 'SELECT max(version) AS version FROM securest_migrations', []);
  const rows = await ask(
    client,
    'SELECT feature, max(version) AS version FROM securest_feature_migrations GROUP BY feature',
    [],
  );
  return {
    users: Number(users?.['version']),
    features: Object.fromEntries(
      FEATURES.map(({ name }) => [
        name,
        Number(rows.find(({ feature }) => feature === name)?.['version'] ?? 0),
      ]),
    ),
  };
}

function hasSessions(client: SqlClient): client is SqlClient & Sessions {
  return typeof (client as Partial<Sessions>).session === 'function';
}
