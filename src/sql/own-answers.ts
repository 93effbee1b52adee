import { setTimeout as pause } from 'node:timers/promises';
import { ConfigurationError } from '../errors';
import { answerOf, type SqlAnswer, type SqlClient } from './sql-client';
import { isConflict, isMissing } from './sql-errors';

const MAX_TRIES = 6;
const RETRY_MS = 1000;

/**
 * The answer to a statement over one of securest's own tables. A statement that lost against another transaction was
 * rolled back completely, and is repeated.
 * @throws ConfigurationError if the table is missing
 * @throws ServiceUnavailableError if the database cannot answer now
 */
export async function ownAnswer(
  client: SqlClient,
  component: string,
  sql: string,
  params: unknown[],
): Promise<SqlAnswer> {
  const until = performance.now() + RETRY_MS;
  for (let tries = 1; ; tries += 1) {
    try {
      return await answerOf(client, sql, params);
    } catch (error) {
      if (isMissing(error)) throw missingTable(component, error);
      const { cause } = (error ?? {}) as { cause?: unknown };
      if (!isConflict(cause) || tries >= MAX_TRIES || performance.now() >= until) throw error;
    }
    await pause(Math.random() * 10 * tries);
  }
}

/** An error with the remedy in its message, for the reader of the log. */
export function missingTable(component: string, cause: unknown): ConfigurationError {
  return new ConfigurationError(
    `${component}: the database has no table for it: run "securest sql migrate <database>", or await migrate(client) before the app listens`,
    { cause },
  );
}

/** The number of rows that a change found: MySQL reports it, the other dialects return each row. */
export function changedRows(client: SqlClient, { rows, affectedRows }: SqlAnswer): number {
  if (client.dialect !== 'mysql') return rows.length;
  if (typeof affectedRows === 'number' && Number.isInteger(affectedRows)) return affectedRows;
  throw new TypeError('The SQL client must say how many rows a statement changed');
}
