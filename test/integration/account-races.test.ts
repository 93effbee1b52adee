/** Accounts in servers of their own, and in columns that keep whole seconds only. */
import { describeAccountRaces, type Accounts, people } from '../support/describe-account-races';
import { DRIVERS } from '../support/drivers';
import { type DatabaseClient, migrate, SqlState, type SqlTable, SqlUserstore } from '../../src/sql';
import { SqlUserDirectory } from '../../src/sql/sql-directory';
import { openDatabase } from '../../src/cli/open-database';
import { describeWith } from './describe-with';
import { MariadbServer, whyNoMariadb } from './mariadb-server';
import { PostgresServer, whyNoPostgres } from './postgres-server';

/** securest's own tables, with the users in them anew. */
async function inOwnTables(client: DatabaseClient, target: string): Promise<Accounts> {
  const opened = await openDatabase(target);
  await migrate(opened.client);
  const directory = new SqlUserDirectory(opened.client);
  for (const { username } of people()) await directory.remove(username);
  await directory.addAll(people());
  await opened.close();
  return {
    name: 'its own tables',
    stores: { Users: new SqlUserstore({ client }) },
    state: new SqlState({ client }),
    target,
    close: () => undefined,
  };
}

const TABLE: SqlTable = {
  name: 'people',
  username: 'username',
  password: 'hash',
  tokensValidFrom: 'valid_from',
};

function inOwnTable(client: DatabaseClient): Accounts {
  return {
    name: 'a table of the app',
    stores: { Users: new SqlUserstore({ client, table: TABLE }) },
    state: new SqlState({ client }),
    close: () => undefined,
  };
}

describeWith(whyNoPostgres(), 'Accounts in PostgreSQL', () => {
  const server = new PostgresServer();
  const pool = () => server.pool({ max: 10 });
  before(async function () {
    this.timeout(60_000);
    await server.start();
  });
  after(() => server.remove());

  for (const driver of DRIVERS.slice(-1)) {
    const open = async (make: (client: ReturnType<typeof pool>) => Promise<Accounts>): Promise<Accounts> => {
      const client = pool();
      return { ...(await make(client)), close: () => client.end() };
    };
    describeAccountRaces(driver, 'PostgreSQL', () => open((client) => inOwnTables(client, server.url)), {
      hasCommands: true,
    });
    describeAccountRaces(driver, 'timestamptz(0) of PostgreSQL', () =>
      open(async (client) => {
        await client.query('DROP TABLE IF EXISTS people');
        await client.query(
          'CREATE TABLE people (username text PRIMARY KEY, hash text, valid_from timestamptz(0))',
        );
        for (const { username, password } of people())
          await client.query('INSERT INTO people VALUES ($1, $2, now())', [username, password]);
        return inOwnTable(client);
      }),
    );
  }
});

describeWith(whyNoMariadb(), 'Accounts in MariaDB', () => {
  const server = new MariadbServer();
  before(async function () {
    this.timeout(60_000);
    await server.start();
  });
  after(() => server.remove());

  for (const driver of DRIVERS.slice(-1)) {
    const open = async (
      make: (client: ReturnType<MariadbServer['pool']>) => Promise<Accounts>,
    ): Promise<Accounts> => {
      const client = server.pool();
      return { ...(await make(client)), close: () => client.end() };
    };
    describeAccountRaces(driver, 'MariaDB', () => open((client) => inOwnTables(client, server.url)), {
      hasCommands: true,
    });
    describeAccountRaces(driver, 'whole seconds in MariaDB', () =>
      open(async (client) => {
        await client.query('DROP TABLE IF EXISTS people');
        await client.query(
          'CREATE TABLE people (username varchar(50) PRIMARY KEY, hash varchar(200), valid_from timestamp NULL)',
        );
        for (const { username, password } of people())
          await client.query('INSERT INTO people VALUES (?, ?, now())', [username, password]);
        return inOwnTable(client);
      }),
    );
  }
});
