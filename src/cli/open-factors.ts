import { ServiceUnavailableError } from '../errors';
import { SqlFactors } from '../sql/sql-factors';
import type { Outcome } from './command';
import { databaseFault, isDatabase, openDatabase } from './open-database';

/** What a command says of its first argument. */
export const FACTORS_USAGE =
  '<database> is where the app keeps second factors, and securest sql migrate made the tables: postgres://user@host/database,\nmysql://user@host/database, sqlite:PATH or a path.';

/** Opens the factors that a command works on, and closes them whatever comes of the work. */
export async function withFactors(
  target: string,
  work: (factors: SqlFactors) => Promise<Outcome>,
): Promise<Outcome> {
  const { client, close } = await openDatabase(isDatabase(target) ? target : `sqlite:${target}`);
  try {
    return await work(new SqlFactors({ client }));
  } catch (error) {
    throw error instanceof ServiceUnavailableError ? databaseFault(error) : error;
  } finally {
    await close();
  }
}
