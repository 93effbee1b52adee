import { existsSync } from 'node:fs';
import type { UserDirectory } from '../core/user-directory';
import { SqlFault, SqlUserDirectory } from '../sql/sql-directory';
import { FileUserDirectory } from '../userstores/file/file-directory';
import { type Outcome, UsageError } from './command';
import { databaseFault, isDatabase, openDatabase } from './open-database';

/** The usage text of the argument `<store>`. */
export const STORE_USAGE =
  '<store> is a user file, or a database with the tables of securest sql migrate: postgres://user@host/database,\nmysql://user@host/database or sqlite:PATH.';

/**
 * Opens the users that a command works on, and always closes them after the work.
 * @param create whether to create a file that does not exist; undefined for commands that never do
 */
export async function withDirectory(
  store: string,
  work: (directory: UserDirectory) => Promise<Outcome>,
  create?: boolean,
): Promise<Outcome> {
  if (isDatabase(store)) return inDatabase(store, work, create);
  if (create === false && !existsSync(store))
    throw new Error(`${store} does not exist: use --create to create it`);
  return inFile(store, work, create === true);
}

async function inFile(
  path: string,
  work: (directory: UserDirectory) => Promise<Outcome>,
  create: boolean,
): Promise<Outcome> {
  const heard: string[] = [];
  const onNotice = (notice: string): void => {
    heard.push(notice);
  };
  try {
    const outcome = await work(new FileUserDirectory({ path, create, onNotice }));
    if (heard.length === 0) return outcome;
    return { ...outcome, notice: `${outcome.notice ?? ''}${heard.map((notice) => `${notice}\n`).join('')}` };
  } catch (error) {
    // Changes made before the failure stay, so their notices are reported too.
    if (error instanceof Error && heard.length > 0) error.message = [error.message, ...heard].join('. ');
    throw error;
  }
}

async function inDatabase(
  url: string,
  work: (directory: UserDirectory) => Promise<Outcome>,
  create?: boolean,
): Promise<Outcome> {
  if (create === true)
    throw new UsageError('--create is only for files: create tables with securest sql migrate');
  const { client, close } = await openDatabase(url);
  try {
    return await work(new SqlUserDirectory(client));
  } catch (error) {
    throw error instanceof SqlFault ? databaseFault(error.cause) : error;
  } finally {
    await close();
  }
}
