import { hashSync } from 'bcryptjs';
import { expect } from 'chai';
import type { Pool, PoolOptions } from 'mysql2/promise';
import { migrate, MysqlClient, type SqlUserstoreOptions } from '../../src/sql';
import { DRIVERS } from '../support/drivers';
import { reset } from '../support/reset';
import { describeWith } from './describe-with';
import { MariadbServer, whyNoMariadb } from './mariadb-server';
import { SqlFaultApi } from './sql-fault-api';
import { fill } from './sql-tables';

const HASH = hashSync('secret', 4);
const timeoutMs = 500;
/** For what must answer, also on a busy machine. */
const PATIENT = 30_000;
/** A lookup that takes longer than any limit. */
const SLOW: SqlUserstoreOptions['queries'] = {
  getUser: 'SELECT username, password, SLEEP(20) AS slept FROM securest_users WHERE username = ?',
};

describeWith(whyNoMariadb(), 'SqlUserstore when MariaDB fails', () => {
  const server = new MariadbServer();
  const pools: Pool[] = [];
  const api = new SqlFaultApi();

  before(async function () {
    this.timeout(60_000);
    await server.start();
    const pool = server.pool();
    const admin = new MysqlClient(pool, { timeoutMs: PATIENT });
    await migrate(admin);
    await fill(admin, [{ username: 'ann', password: HASH }], []);
    await pool.end();
  });
  beforeEach(reset);
  afterEach(async () => {
    await api.close();
    await Promise.all(pools.splice(0).map((pool) => pool.end().catch(() => undefined)));
  });
  after(() => server.remove());

  const connect = (settings?: PoolOptions): Pool => {
    const pool = server.pool(settings);
    pools.push(pool);
    return pool;
  };

  for (const driver of DRIVERS) {
    describe(`on ${driver.name}`, () => {
      const start = (client: SqlUserstoreOptions['client'], options?: Partial<SqlUserstoreOptions>) =>
        api.start(driver, client, options);

      it('answers 503 while the server is down, and recovers when it is back', async function () {
        this.timeout(30_000);
        await start(new MysqlClient(connect(), { timeoutMs }));
        await api.works();
        await server.stop();
        await api.refuses();
        await server.start();
        await api.works();
      });

      it('answers 503 while the server is frozen, and recovers when it goes on', async function () {
        this.timeout(30_000);
        await start(new MysqlClient(connect(), { timeoutMs }));
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

      it('answers 503 while the pool has no connection left, and recovers when it has', async function () {
        this.timeout(30_000);
        const pool = connect({ connectionLimit: 1 });
        await start(new MysqlClient(pool, { timeoutMs }));
        await api.works();
        const taken = await pool.getConnection();
        expect(await api.login()).to.equal(503);
        taken.release();
        await api.works();
      });

      it('answers 503 when the server has no connection left, and recovers when it has', async function () {
        this.timeout(30_000);
        const other = connect({ connectionLimit: 60, waitForConnections: false });
        const taken = await Promise.allSettled(Array.from({ length: 60 }, () => other.getConnection()));
        await start(new MysqlClient(connect(), { timeoutMs: PATIENT }));
        expect(await api.login()).to.equal(503);
        for (const each of taken) if (each.status === 'fulfilled') each.value.destroy();
        await api.works();
      });

      it('answers 503 when its connection is cut, or its statement ended, in the middle', async function () {
        this.timeout(30_000);
        const admin = connect();
        for (const kill of ['KILL', 'KILL QUERY']) {
          await start(new MysqlClient(connect(), { timeoutMs: PATIENT }), { queries: SLOW });
          const cut = api.login();
          // Not before it sleeps: a KILL QUERY while it is prepared, or read from the net, ends nothing.
          const find = `SELECT id FROM information_schema.processlist
            WHERE info LIKE '%SLEEP(20)%' AND state = 'User sleep'`;
          let ids: { id: number }[] = [];
          while (ids.length === 0) ids = (await admin.query(find))[0] as { id: number }[];
          await admin.query(`${kill} ${String(ids[0]?.id)}`);
          // SLEEP() of a statement that is ended answers 1 where the statement lives on.
          expect(await cut, kill).to.equal(503);
          await api.close();
          reset();
        }
      });

      it('answers 503 when a statement takes too long for the server, and for the client', async function () {
        this.timeout(30_000);
        const pool = connect();
        pool.on('connection', (connection) => void connection.query('SET max_statement_time = 0.1'));
        for (const client of [
          new MysqlClient(pool, { timeoutMs: PATIENT }),
          new MysqlClient(connect(), { timeoutMs }),
        ]) {
          await start(client, { queries: SLOW });
          expect(await api.login()).to.equal(503);
          await api.close();
          reset();
        }
      });

      it('outlives the end of connections that nobody uses', async function () {
        this.timeout(30_000);
        const admin = connect();
        await start(connect());
        await api.works();
        const [ids] = await admin.query(
          "SELECT id FROM information_schema.processlist WHERE id <> CONNECTION_ID() AND command = 'Sleep'",
        );
        for (const { id } of ids as { id: number }[]) {
          await admin.query(`KILL ${String(id)}`).catch(() => undefined);
        }
        await api.works();
      });

      it('answers 500 for a statement or a table that is wrong', async () => {
        for (const getUser of ['SELEC $1', 'SELECT username FROM no_such_table WHERE username = $1']) {
          await start(new MysqlClient(connect(), { timeoutMs: PATIENT }), { queries: { getUser } });
          expect([await api.login(), await api.login('wrong')]).to.deep.equal([500, 500]);
          await api.close();
          reset();
        }
      });

      it('answers 500 for a row that is not a valid user', async () => {
        const getUser = "SELECT username, password, 'yes' AS active FROM securest_users WHERE username = $1";
        await start(new MysqlClient(connect(), { timeoutMs: PATIENT }), { queries: { getUser } });
        expect([await api.login(), await api.login('wrong')]).to.deep.equal([500, 500]);
      });
    });
  }
});
