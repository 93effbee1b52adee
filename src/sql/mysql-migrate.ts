import { ConfigurationError, ServiceUnavailableError } from '../errors';
import { FEATURES } from './features';
import type { MysqlAsk, MysqlClient } from './mysql-client';
import { MYSQL_VERSIONS, type MysqlStep } from './mysql-schema';
import { isDown } from './sql-errors';

const LOCK = "CONCAT('securest_', SHA1(DATABASE()))";
const LOCK_TRIES = 60;
const STATEMENT_MS = 60_000;

/** The part of a {@link MysqlClient} that a migration needs. */
export interface Sessions {
  session: MysqlClient['session'];
}

/**
 * Creates the tables on one connection, under a lock. Each statement commits by itself. A version of new tables that
 * fails drops the tables that it created. A version that was killed, or that changes tables, leaves a row without
 * `applied_at`, and the next run completes it.
 */
export async function migrateMysql(client: Sessions): Promise<void> {
  try {
    await client.session(async (ask) => {
      await lock(ask);
      try {
        await ask(
          `CREATE TABLE IF NOT EXISTS securest_migrations (
            version INT NOT NULL PRIMARY KEY, applied_at TIMESTAMP NULL DEFAULT NULL
          ) ENGINE = InnoDB`,
          [],
        );
        await ask(
          `CREATE TABLE IF NOT EXISTS securest_feature_migrations (
            feature VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL, version INT NOT NULL,
            applied_at TIMESTAMP NULL DEFAULT NULL, PRIMARY KEY (feature, version)
          ) ENGINE = InnoDB`,
          [],
        );
        for (const [index, steps] of MYSQL_VERSIONS.entries()) {
          await migrateTo(ask, userVersion(index + 1), steps);
        }
        for (const { name, versions } of FEATURES) {
          for (const [index, { mysql }] of versions.entries()) {
            await migrateTo(ask, featureVersion(name, index + 1), mysql);
          }
        }
      } finally {
        await ask(`DO RELEASE_LOCK(${LOCK})`, []).catch(() => undefined);
      }
    }, STATEMENT_MS);
  } catch (error) {
    if (isDown(error)) throw new ServiceUnavailableError({ cause: error });
    throw error;
  }
}

async function lock(ask: MysqlAsk): Promise<void> {
  for (let tries = 1; tries <= LOCK_TRIES; tries++) {
    const { rows } = await ask(`SELECT DATABASE() AS name, GET_LOCK(${LOCK}, 1) AS held`, []);
    const { name, held } = (rows[0] ?? {}) as { name?: unknown; held?: unknown };
    if (name === null) throw new ConfigurationError('migrate() needs a database: mysql://user@host/database');
    if (Number(held) === 1) return;
  }
  throw new Error('Another migration holds its lock');
}

/** The row that records a version. */
interface LedgerRow {
  readonly insert: string;
  readonly table: string;
  readonly where: string;
}

function userVersion(version: number): LedgerRow {
  const [table, number] = ['securest_migrations', String(version)];
  return {
    table,
    where: `version = ${number}`,
    insert: `INSERT INTO ${table} (version) VALUES (${number})`,
  };
}

function featureVersion(feature: string, version: number): LedgerRow {
  const [table, number] = ['securest_feature_migrations', String(version)];
  return {
    table,
    where: `feature = '${feature}' AND version = ${number}`,
    insert: `INSERT INTO ${table} (feature, version) VALUES ('${feature}', ${number})`,
  };
}

async function migrateTo(ask: MysqlAsk, row: LedgerRow, steps: readonly MysqlStep[]): Promise<void> {
  const { table, where, insert } = row;
  const { rows } = await ask(`SELECT applied_at IS NOT NULL AS done FROM ${table} WHERE ${where}`, []);
  const [begun] = rows as { done?: unknown }[];
  if (Number(begun?.done) === 1) return;
  const isResumed = begun !== undefined;
  if (!isResumed) await ask(insert, []);
  const made: MysqlStep[] = [];
  try {
    for (const step of steps) {
      const { sql, isMade } = step;
      if (isResumed && isMade !== undefined && (await ask(isMade, [])).rows.length > 0) continue;
      await ask(sql, []);
      made.push(step);
    }
    await ask(`UPDATE ${table} SET applied_at = NOW() WHERE ${where}`, []);
  } catch (error) {
    if (!isResumed) await undo(ask, row, made);
    throw error;
  }
}

/**
 * Drops the new tables of a failed version, which are not in use yet. If a step cannot be undone, the next run
 * completes the version.
 */
async function undo(ask: MysqlAsk, { table, where }: LedgerRow, made: readonly MysqlStep[]): Promise<void> {
  const undos = made.flatMap((step) => step.undo ?? []);
  if (undos.length < made.length) return;
  try {
    for (const sql of undos.reverse()) await ask(sql, []);
    await ask(`DELETE FROM ${table} WHERE ${where}`, []);
  } catch {
    // The error of the migration itself is reported.
  }
}
