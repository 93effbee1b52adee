/** Warnings about settings of a client that work until the database is slow, frozen or restarted. */
import { isOneConnection } from './mysql-client';
import type { SqlClient } from './sql-client';

const POOL_WAIT =
  'the pool has no connectionTimeoutMillis, so lookups wait for ever when it is exhausted or the server does not ' +
  'accept: set it below deadlineMs, as connectionTimeoutMillis: 1000';
// Only the driver's own limit: PgBouncer refuses a limit that is sent to the server as a startup parameter.
const ANSWER_WAIT =
  'the pool has no query_timeout, so a server that is frozen keeps its connections for ever: set it below ' +
  'deadlineMs, as query_timeout: 2000';

/** A sentence with the remedy for each fault. Empty for a client of an unknown driver. Never throws. */
export function clientWarnings(client: SqlClient): readonly string[] {
  if (isOneConnection(client)) return [single('mysql2', 'createPool({ ... })')];
  try {
    const { connectionParameters, totalCount, options } = client as unknown as Record<string, unknown>;
    if (typeof connectionParameters === 'object' && connectionParameters !== null) {
      return [single('pg', 'new Pool({ ... })')];
    }
    if (typeof totalCount !== 'number' || typeof options !== 'object' || options === null) return [];
    return warningsOfPool(options as Readonly<Record<string, unknown>>);
  } catch {
    return [];
  }
}

function single(driver: string, cure: string): string {
  return (
    `the client is a single connection of ${driver}, which answers one statement at a time and does not connect ` +
    `again when it is lost: give the store a pool, ${cure}`
  );
}

function warningsOfPool(options: Readonly<Record<string, unknown>>): readonly string[] {
  const { connectionTimeoutMillis, query_timeout: queryTimeout, connectionString } = options;
  const warnings: string[] = [];
  if (!isLimit(connectionTimeoutMillis)) warnings.push(POOL_WAIT);
  const text = typeof connectionString === 'string' ? connectionString : '';
  const inString = /[?&]query_timeout=(\d+)/.exec(text)?.[1];
  // The connection string takes precedence over the other options.
  if (!isLimit(inString ?? queryTimeout)) warnings.push(ANSWER_WAIT);
  return warnings;
}

/** The driver takes 0 as no limit. */
function isLimit(value: unknown): boolean {
  return (typeof value === 'number' || typeof value === 'string') && Number(value) > 0;
}
