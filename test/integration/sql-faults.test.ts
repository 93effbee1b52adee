import { hashSync } from 'bcryptjs';
import { expect } from 'chai';
import type { Pool, PoolConfig } from 'pg';
import { PasswordProvider } from '../../src';
import { migrate, type SqlClient, SqlUserstore, type SqlUserstoreOptions } from '../../src/sql';
import { basic, DRIVERS } from '../support/drivers';
import { eventually } from '../support/eventually';
import { reset } from '../support/reset';
import { type Api, startApi } from '../support/scripted';
import { describeWith } from './describe-with';
import { PostgresServer, whyNoPostgres } from './postgres-server';
import { fill } from './sql-tables';

const HASH = hashSync('secret', 4);
/** For what must answer, also on a busy machine. */
const PATIENT = { connectionTimeoutMillis: 30_000, query_timeout: 30_000, statement_timeout: 30_000 };
/** Far above the limits of the pool: a store that goes by them never meets it. */
const deadlineMs = 60_000;
/** A lookup that takes longer than any limit. */
const SLOW: SqlUserstoreOptions['queries'] = {
  getUser: `SELECT username, password FROM securest_users, pg_sleep(30) WHERE username = $1`,
};

describeWith(whyNoPostgres(), 'SqlUserstore when PostgreSQL fails', () => {
  const server = new PostgresServer();
  const pools: Pool[] = [];
  let api: Api | undefined;

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
    await api?.[Symbol.asyncDispose]();
    api = undefined;
    await Promise.all(pools.splice(0).map((pool) => pool.end()));
  });
  after(() => server.remove());

  const connect = (settings?: PoolConfig): Pool => {
    const pool = server.pool(settings);
    pools.push(pool);
    return pool;
  };

  for (const driver of DRIVERS) {
    describe(`on ${driver.name}`, () => {
      const start = async (client: SqlClient, options?: Partial<SqlUserstoreOptions>): Promise<Api> => {
        class Users extends SqlUserstore {
          constructor() {
            super({ client, ...options });
          }
        }
        class Password extends PasswordProvider {
          constructor() {
            super({ credentialCache: false, throttle: false });
          }
        }
        return (api = await startApi(driver, {
          security: { userstores: [Users], providers: [Password], deadlineMs },
        }));
      };
      const login = async (password = 'secret'): Promise<number> => {
        const { status, headers } = await api!.get('/guarded', basic('ann', password));
        if (status === 503) {
          // The pool's own limits ended it, not the deadline.
          expect(api!.events.filter((event) => 'reason' in event && event.reason === 'deadline_passed')).to.be
            .empty;
          expect(headers['retry-after']).to.match(/^\d+$/);
          expect(headers).to.not.have.property('www-authenticate');
        }
        return status;
      };
      const works = async (): Promise<void> => {
        await eventually(async () => (await login()) === 200);
        await eventually(async () => (await login('wrong')) === 401);
      };
      const refusesThenWorks = async (): Promise<void> => {
        expect(await Promise.all([login(), login('wrong'), login()])).to.deep.equal([503, 503, 503]);
      };

      it('answers 503 while the server is down, and recovers when it is back', async function () {
        this.timeout(30_000);
        await start(connect());
        await works();
        await server.stop();
        await refusesThenWorks();
        await server.start();
        await works();
      });

      it('answers 503 while the server is frozen, and recovers when it goes on', async function () {
        this.timeout(30_000);
        await start(connect());
        await works();
        server.freeze();
        try {
          // More than the pool has connections: none may stay taken.
          for (let round = 0; round < 3; round++) await refusesThenWorks();
        } finally {
          server.thaw();
        }
        await works();
      });

      it('answers 503 while the pool has no connection left, and recovers when it has', async () => {
        const pool = connect({ max: 1 });
        await start(pool);
        await works();
        const taken = await pool.connect();
        expect(await login()).to.equal(503);
        taken.release();
        await works();
      });

      it('answers 503 when the server has no connection left, and recovers when it has', async function () {
        this.timeout(30_000);
        const other = connect({ max: 60, connectionTimeoutMillis: 30_000 });
        const taken = await Promise.allSettled(Array.from({ length: 60 }, () => other.connect()));
        await start(connect());
        expect(await login()).to.equal(503);
        for (const each of taken) if (each.status === 'fulfilled') each.value.release(true);
        await works();
      });

      it('answers 503 when its connection is cut in the middle of a query', async () => {
        const admin = connect(PATIENT);
        await start(connect({ query_timeout: 0, statement_timeout: 0 }), { queries: SLOW });
        const cut = login();
        const terminate = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE query LIKE '%pg_sleep(30)%' AND pid <> pg_backend_pid()`;
        while ((await admin.query(terminate)).rows.length === 0) await new Promise(setImmediate);
        expect(await cut).to.equal(503);
      });

      it('answers 503 when a statement takes too long for the server, and for the client', async () => {
        for (const limits of [{ query_timeout: 0 }, { statement_timeout: 0 }]) {
          await start(connect(limits), { queries: SLOW });
          expect(await login()).to.equal(503);
          await api?.[Symbol.asyncDispose]();
          reset();
        }
      });

      it('outlives the end of connections that nobody uses', async () => {
        const admin = connect(PATIENT);
        await start(connect());
        await works();
        await admin.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'`,
        );
        await works();
      });

      it('answers 500 for a statement or a table that is wrong', async () => {
        for (const getUser of ['SELEC $1', 'SELECT username FROM no_such_table WHERE username = $1']) {
          await start(connect(PATIENT), { queries: { getUser } });
          expect([await login(), await login('wrong')]).to.deep.equal([500, 500]);
          await api?.[Symbol.asyncDispose]();
          reset();
        }
      });

      it('answers 500 for a row that is not a valid user', async () => {
        const getUser = `SELECT username, password, 'yes' AS active FROM securest_users WHERE username = $1`;
        await start(connect(PATIENT), { queries: { getUser } });
        expect([await login(), await login('wrong')]).to.deep.equal([500, 500]);
      });
    });
  }
});
