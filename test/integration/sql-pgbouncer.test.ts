import { expect } from 'chai';
import { Pool, type PoolConfig } from 'pg';
import { openDatabase } from '../../src/cli/open-database';
import { ConfigurationError, ServiceUnavailableError } from '../../src/errors';
import { migrate } from '../../src/sql/migrate';
import { SqlUserDirectory } from '../../src/sql/sql-directory';
import { SqlUserstore } from '../../src/sql/sql-userstore';
import { describeWith } from './describe-with';
import { PgBouncerServer, whyNoPgBouncer } from './pgbouncer-server';
import { PostgresServer, whyNoPostgres } from './postgres-server';

describeWith(whyNoPostgres() ?? whyNoPgBouncer(), 'SqlUserstore behind PgBouncer in transaction mode', () => {
  const server = new PostgresServer();
  const pooler = new PgBouncerServer();
  const pools: Pool[] = [];

  before(async function () {
    this.timeout(60_000);
    await server.start();
    await pooler.start(server.port);
  });
  after(async () => {
    await Promise.all(pools.map((pool) => pool.end()));
    await pooler.remove();
    await server.remove();
  });

  const connect = (settings: PoolConfig): Pool => {
    const pool = new Pool({ connectionString: pooler.url, connectionTimeoutMillis: 20_000, ...settings });
    pools.push(pool);
    return pool;
  };

  it('loads and changes users with the limits of the client', async () => {
    const pool = connect({ query_timeout: 20_000 });
    await migrate(pool);
    await pool.query("INSERT INTO securest_users (username, password) VALUES ('ann', 'old')");
    const store = new SqlUserstore({ client: pool });
    await Promise.all(
      Array.from({ length: 20 }, async () => {
        expect((await store.getUser('ann'))?.username).to.equal('ann');
      }),
    );
    expect(await store.updatePassword?.({ username: 'ann' }, 'new', 'old')).to.equal(true);
  });

  for (const limit of ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout'] as const) {
    it(`says what to do about ${limit} among the startup parameters`, async () => {
      const store = new SqlUserstore({ client: connect({ query_timeout: 20_000, [limit]: 10_000 }) });
      const error: unknown = await store.getUser('ann').catch((thrown: unknown) => thrown);
      expect(error).to.be.an.instanceOf(ConfigurationError).and.not.an.instanceOf(ServiceUnavailableError);
      expect(String(error)).to.include('startup parameter').and.include('ALTER ROLE').and.include(limit);
    });
  }

  it('is managed by the command', async () => {
    const { client, close } = await openDatabase(pooler.url);
    try {
      expect(await migrate(client)).to.equal(2);
      const users = new SqlUserDirectory(client);
      expect(await users.add({ username: 'bob', roles: ['admin'] })).to.equal(true);
      expect((await users.get('bob'))?.roles).to.deep.equal(['admin']);
    } finally {
      await close();
    }
  });
});
