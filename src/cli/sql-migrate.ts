import { migrateAll } from '../sql/migrate';
import { type Command, positionals } from './command';
import { databaseFault, openDatabase } from './open-database';

export const sqlMigrate: Command = {
  usage: `Usage: securest sql migrate <url> [options]

Creates or updates the tables of all features: SqlUserstore, SqlState, SqlRevocationLog and SqlFactors. The url is
postgres://user@host/database, mysql://user@host/database or sqlite:PATH; the variable PGPASSWORD or MYSQL_PWD may hold
the password.

Options:
  --json  print one JSON document
`,
  options: {},

  async run(call) {
    const [url = ''] = positionals(call, 'url');
    const { client, close } = await openDatabase(url, true);
    try {
      const { users, features } = await migrateAll(client);
      const others = Object.entries(features).map(
        ([name, version]) => `The tables of ${name} have version ${String(version)}\n`,
      );
      return {
        code: 0,
        text: [`The tables of users have version ${String(users)}\n`, ...others].join(''),
        json: { version: users, features },
      };
    } catch (error) {
      throw databaseFault(error);
    } finally {
      await close();
    }
  },
};
