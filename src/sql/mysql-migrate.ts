import { ConfigurationError, ServiceUnavailableError } from '../errors';
import type { MysqlAsk, MysqlClient } from './mysql-client';
import { MYSQL_VERSIONS, type MysqlTable } from './mysql-schema';
import { isDown } from './sql-errors';

const LOCK = "CONCAT('securest_', SHA1(DATABASE()))";
const LOCK_TRIES = 60;
const STATEMENT_MS = 60_000;

/** What a {@link MysqlClient} has. */
export interface Sessions {
  session: MysqlClient['session'];
}

/**
 * Makes the tables on one connection, while no other does. Each statement commits by itself: a version that fails
 * takes away what it made, and one that was killed is found by its row without `applied_at` and brought to its end.
 */
export async function migrateMysql(client: Sessions): Promise<number> {
  try {
    return await client.session(async (ask) => {
      await lock(ask);
      try {
        await ask(
          `CREATE TABLE IF NOT EXISTS securest_migrations (
            version INT NOT NULL PRIMARY KEY, applied_at TIMESTAMP NULL DEFAULT NULL
          ) ENGINE = InnoDB`,
          [],
        );
        for (const [index, tables] of MYSQL_VERSIONS.entries()) await migrateTo(ask, index + 1, tables);
      } finally {
        await ask(`DO RELEASE_LOCK(${LOCK})`, []).catch(() => undefined);
      }
      return MYSQL_VERSIONS.length;
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

async function migrateTo(ask: MysqlAsk, version: number, tables: readonly MysqlTable[]): Promise<void> {
  const number = String(version);
  const { rows } = await ask(
    `SELECT applied_at IS NOT NULL AS done FROM securest_migrations WHERE version = ${number}`,
    [],
  );
  const [begun] = rows as { done?: unknown }[];
  if (Number(begun?.done) === 1) return;
  const isResumed = begun !== undefined;
  if (!isResumed) await ask(`INSERT INTO securest_migrations (version) VALUES (${number})`, []);
  const made: string[] = [];
  try {
    for (const { name, columns } of tables) {
      const ifMissing = isResumed ? 'IF NOT EXISTS ' : '';
      await ask(`CREATE TABLE ${ifMissing}${name} (\n  ${columns}\n) ENGINE = InnoDB`, []);
      made.push(name);
    }
    await ask(`UPDATE securest_migrations SET applied_at = NOW() WHERE version = ${number}`, []);
  } catch (error) {
    if (!isResumed) await undo(ask, made, number);
    throw error;
  }
}

/** They are empty: nobody has been told of them. What cannot be undone is for the next run to end. */
async function undo(ask: MysqlAsk, made: readonly string[], version: string): Promise<void> {
  try {
    for (const name of [...made].reverse()) await ask(`DROP TABLE ${name}`, []);
    await ask(`DELETE FROM securest_migrations WHERE version = ${version}`, []);
  } catch {
    // The error that led here says more.
  }
}
