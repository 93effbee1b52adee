import { existsSync } from 'node:fs';
import type { UserDirectory } from '../core/user-directory';
import { SqlFault, SqlUserDirectory } from '../sql/sql-directory';
import { FileUserDirectory } from '../userstores/file/file-directory';
import { UsageError } from './command';
import { databaseFault, isDatabase, openDatabase } from './open-database';

/** What a command says of its first argument. */
export const STORE_USAGE =
  '<store> is a user file, or a database that securest sql migrate made: postgres://user@host/database,\nmysql://user@host/database, sqlite:PATH.';

/**
 * Opens the users that a command works on, and closes them whatever comes of the work.
 * @param create whether to create a file that does not exist; undefined for commands that never do
 */
export async function withDirectory<T>(
  store: string,
  work: (directory: UserDirectory) => Promise<T>,
  create?: boolean,
): Promise<T> {
  if (isDatabase(store)) return inDatabase(store, work, create);
  if (create === false && !existsSync(store)) throw new Error(`${store} does not exist: --create makes it`);
  return work(new FileUserDirectory({ path: store, create: create === true }));
}

async function inDatabase<T>(
  url: string,
  work: (directory: UserDirectory) => Promise<T>,
  create?: boolean,
): Promise<T> {
  if (create === true) throw new UsageError('--create is for files: securest sql migrate makes the tables');
  const { client, close } = await openDatabase(url);
  try {
    return await work(new SqlUserDirectory(client));
  } catch (error) {
    throw error instanceof SqlFault ? databaseFault(error.cause) : error;
  } finally {
    await close();
  }
}
