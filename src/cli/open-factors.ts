import { ServiceUnavailableError } from '../errors';
import { SqlFactors } from '../sql/sql-factors';
import type { Outcome } from './command';
import { databaseFault, isDatabase, openDatabase } from './open-database';

/** The usage text of the argument `<database>`. */
export const FACTORS_USAGE =
  '<database> is the database in which the app keeps second factors, with the tables of securest sql migrate:\npostgres://user@host/database, mysql://user@host/database, sqlite:PATH or a path of SQLite.';

/** Opens the factors that a command works on, and always closes them after the work. */
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
