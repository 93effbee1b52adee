import { hashSync } from 'bcryptjs';
import { expect } from 'chai';
import type { Pool, PoolConfig } from 'pg';
import { migrate, type SqlUserstoreOptions } from '../../src/sql';
import { DRIVERS } from '../support/drivers';
import { reset } from '../support/reset';
import { describeWith } from './describe-with';
import { PATIENT, PostgresServer, STRICT, whyNoPostgres } from './postgres-server';
import { SqlFaultApi } from './sql-fault-api';
import { fill } from './sql-tables';

const HASH = hashSync('secret', 4);
/** A lookup that takes longer than any limit. */
const SLOW: SqlUserstoreOptions['queries'] = {
  getUser: `SELECT username, password FROM securest_users, pg_sleep(30) WHERE username = $1`,
};

describeWith(whyNoPostgres(), 'SqlUserstore when PostgreSQL fails', () => {
  const server = new PostgresServer();
  const pools: Pool[] = [];
  const api = new SqlFaultApi();

  before(async function () {
    this.timeout(60_000);
    await server.start();
    const admin = connect({ max: 1, ...PATIENT });
    await migrate(admin);
    await fill(admin, [{ username: 'ann', password: HASH }], []);
    await admin.end();
    pools.length = 0;
  });
  beforeEach(reset);
  afterEach(async () => {
    await api.close();
    await Promise.all(pools.splice(0).map((pool) => pool.end()));
  });
  after(() => server.remove());

  const connect = (settings?: PoolConfig): Pool => {
    const pool = server.pool({ ...STRICT, ...settings });
    pools.push(pool);
    return pool;
  };

  for (const driver of DRIVERS) {
    describe(`on ${driver.name}`, () => {
      const start = (client: SqlUserstoreOptions['client'], options?: Partial<SqlUserstoreOptions>) =>
        api.start(driver, client, options);

      it('answers 503 while the server is down, and recovers when it is back', async function () {
        this.timeout(30_000);
        await start(connect());
        await api.works();
        await server.stop();
        await api.refuses();
        await server.start();
        await api.works();
      });

      it('answers 503 while the server is frozen, and recovers when it goes on', async function () {
        this.timeout(30_000);
        await start(connect());
        await api.works();
        server.freeze();
        try {
          // More than the pool has connections: none may stay taken.
          for (let round = 0; round < 3; round++) await api.refuses();
        } finally {
          server.thaw();
        }
        await api.works();
      });

      it('answers 503 while the pool has no connection left, and recovers when it has', async () => {
        const pool = connect({ max: 1 });
        await start(pool);
        await api.works();
        const taken = await pool.connect();
        expect(await api.login()).to.equal(503);
        taken.release();
        await api.works();
      });

      it('answers 503 when the server has no connection left, and recovers when it has', async function () {
        this.timeout(30_000);
        const other = connect({ max: 60, connectionTimeoutMillis: 30_000 });
        const taken = await Promise.allSettled(Array.from({ length: 60 }, () => other.connect()));
        await start(connect());
        expect(await api.login()).to.equal(503);
        for (const each of taken) if (each.status === 'fulfilled') each.value.release(true);
        await api.works();
      });

      it('answers 503 when its connection is cut in the middle of a query', async () => {
        const admin = connect(PATIENT);
        await start(connect({ query_timeout: 0, statement_timeout: 0 }), { queries: SLOW });
        const cut = api.login();
        const terminate = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE query LIKE '%pg_sleep(30)%' AND pid <> pg_backend_pid()`;
        while ((await admin.query(terminate)).rows.length === 0) await new Promise(setImmediate);
        expect(await cut).to.equal(503);
      });

      it('answers 503 when a statement takes too long for the server, and for the client', async () => {
        for (const limits of [{ query_timeout: 0 }, { statement_timeout: 0 }]) {
          await start(connect(limits), { queries: SLOW });
          expect(await api.login()).to.equal(503);
          await api.close();
          reset();
        }
      });

      it('outlives the end of connections that nobody uses', async () => {
        const admin = connect(PATIENT);
        await start(connect());
        await api.works();
        await admin.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'`,
        );
        await api.works();
      });

      it('answers 500 for a statement or a table that is wrong', async () => {
        for (const getUser of ['SELEC $1', 'SELECT username FROM no_such_table WHERE username = $1']) {
          await start(connect(PATIENT), { queries: { getUser } });
          expect([await api.login(), await api.login('wrong')]).to.deep.equal([500, 500]);
          await api.close();
          reset();
        }
      });

      it('answers 500 for a row that is not a valid user', async () => {
        const getUser = `SELECT username, password, 'yes' AS active FROM securest_users WHERE username = $1`;
        await start(connect(PATIENT), { queries: { getUser } });
        expect([await api.login(), await api.login('wrong')]).to.deep.equal([500, 500]);
      });
    });
  }
});
