import { migrate } from '../sql/migrate';
import { type Command, positionals } from './command';
import { databaseFault, openDatabase } from './open-database';

export const sqlMigrate: Command = {
  usage: `Usage: securest sql migrate <url> [options]

Makes the tables of SqlUserstore, or brings them up to date. The url is postgres://user@host/database,
mysql://user@host/database or sqlite:PATH; a password may come by the variable PGPASSWORD or MYSQL_PWD.

Options:
  --json  print one JSON document
`,
  options: {},

  async run(call) {
    const [url = ''] = positionals(call, 'url');
    const { client, close } = await openDatabase(url, true);
    try {
      const version = await migrate(client);
      return { code: 0, text: `The tables have version ${String(version)}\n`, json: { version } };
    } catch (error) {
      throw databaseFault(error);
    } finally {
      await close();
    }
  },
};
