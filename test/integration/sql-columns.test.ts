/** Tables as people have them, behind pg as it is: what the driver makes of a column is not what its type says. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Client, type Pool } from 'pg';
import { SqlUserstore } from '../../src/sql';
import type { SqlTable } from '../../src/sql';
import { describeWith } from './describe-with';
import { PostgresServer, whyNoPostgres } from './postgres-server';

const NAMES = { name: 'people', username: 'login', password: 'hash' };
const MOMENT = '2026-01-01T00:00:00.000Z';

describeWith(whyNoPostgres(), 'SqlUserstore over the columns of a PostgreSQL', () => {
  const server = new PostgresServer();
  let pool: Pool;

  before(async function () {
    this.timeout(60_000);
    await server.start();
    pool = server.pool();
  });
  after(async () => {
    await pool.end();
    await server.remove();
  });
  beforeEach(async () => {
    await pool.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
  });

  /** @param type of the column `it`, which holds `value`; a literal of SQL */
  const storeOf = async (type: string, value: string, table: Partial<SqlTable>): Promise<SqlUserstore> => {
    await pool.query(`CREATE TYPE duty AS ENUM ('admin', 'editor', 'team lead');
      CREATE DOMAIN moment AS timestamp;
      CREATE TABLE people (login text PRIMARY KEY, hash text, it ${type});
      INSERT INTO people VALUES ('ann', 'old', ${value})`);
    return new SqlUserstore({ client: pool, table: { ...NAMES, ...table } });
  };
  const thrownBy = (store: SqlUserstore): Promise<string> =>
    store.getUser('ann').then(
      () => 'nothing',
      (error: unknown) => String(error),
    );

  for (const [type, value, roles] of [
    ['duty[]', `'{admin,"team lead"}'`, ['admin', 'team lead']],
    ['duty[]', `'{}'`, []],
    ['duty[]', `'[0:1]={admin,editor}'`, ['admin', 'editor']],
    ['duty', `'editor'`, ['editor']],
    ['varchar(20)', `'editor'`, ['editor']],
    ['text[]', `'{a,"b c"}'`, ['a', 'b c']],
    ['name[]', `'{a,b}'`, ['a', 'b']],
    ['jsonb', `'["a"]'`, ['a']],
    ['jsonb', `'"editor"'`, ['editor']],
    ['text', `'["a"]'`, ['a']],
    ['text', 'NULL', null],
  ] as const) {
    it(`reads roles of ${type} from ${value}`, async () => {
      const store = await storeOf(type, value, { roles: 'it' });
      expect((await store.getUser('ann'))?.roles).to.deep.equal(roles);
    });
  }

  for (const [type, value, option] of [
    ['duty[]', `'{admin,NULL}'`, 'roles'],
    ['text[]', `'{admin,NULL}'`, 'roles'],
    ['text', `'admin,editor'`, 'roles'],
    ['char(10)', `'editor'`, 'roles'],
    ['jsonb', `'{"admin": true}'`, 'roles'],
    ['integer', '3', 'groups'],
    ['bit', `B'1'`, 'active'],
    ['smallint', '2', 'active'],
    ['char', `'t'`, 'active'],
    ['boolean', 'NULL', 'active'],
    ['bytea', `'old'`, 'password'],
    ['integer', '3', 'email'],
    ['bigint', '1767225600', 'tokensValidFrom'],
    ['time', `'12:00'`, 'tokensValidFrom'],
    ['timestamptz', `'infinity'`, 'tokensValidFrom'],
    ['timestamptz[]', 'ARRAY[now()]', 'tokensValidFrom'],
  ] as const) {
    it(`names the column when ${option} is ${type} ${value}`, async () => {
      const error = await thrownBy(await storeOf(type, value, { [option]: 'it' }));
      expect(error).to.include(`column "it" of table people (option table.${option}) must be`);
    });
  }

  for (const [value, active] of [
    ['1', true],
    ['0', false],
  ] as const) {
    it(`reads active of smallint from ${value}`, async () => {
      const store = await storeOf('smallint', value, { active: 'it' });
      expect((await store.getUser('ann'))?.active).to.equal(active);
    });
  }

  for (const [type, name, others] of [
    ['integer', '7', ['hunter2', '07', ' 7', '+7', '8', '7.0', '99999999999999999999', "7' OR true"]],
    ['bigint', '9007199254740993', ['9007199254740992', 'hunter2', '1e3']],
    ['uuid', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', ['hunter2', 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11']],
  ] as const) {
    it(`finds a name of ${type} as it is printed, and nobody by any other text`, async () => {
      const store = await storeOf(type, `'${name}'`, { username: 'it' });
      const user = (await store.getUser(name))!;
      expect(user.username).to.equal(name);
      for (const typed of others) expect(await store.getUser(typed), typed).to.equal(null);
      expect(await store.updatePassword?.(user, 'new', 'old')).to.equal(true);
      const getUser = 'SELECT it AS username, hash AS password FROM people WHERE it = $1';
      const own = new SqlUserstore({ client: pool, queries: { getUser } });
      expect((await own.getUser(name))?.password).to.equal('new');
      expect(await own.getUser('hunter2')).to.equal(null);
    });
  }

  it('takes what a statement cannot convert besides the name for a fault, and quotes nothing', async () => {
    await storeOf('text', "'hunter2'", {});
    const getUser = 'SELECT login AS username, it::integer AS n FROM people WHERE login = $1';
    const store = new SqlUserstore({ client: pool, queries: { getUser } });
    expect(await store.getUser('nobody')).to.equal(null);
    const error = await thrownBy(store);
    expect(error).to.include('queries.getUser').and.not.include('hunter2');
  });

  describe('tokensValidFrom', () => {
    const zone = process.env['TZ'];
    afterEach(() => {
      if (zone === undefined) delete process.env['TZ'];
      else process.env['TZ'] = zone;
    });

    for (const type of ['timestamp', 'timestamp(0)', 'date', 'moment']) {
      it(`is refused as ${type}, by a Pool and a Client, with a value and without`, async () => {
        process.env['TZ'] = 'America/New_York';
        await storeOf(type, `'${MOMENT}'`, {});
        await pool.query(`INSERT INTO people VALUES ('bob', 'old', NULL)`);
        const client = new Client({ connectionString: server.url });
        await client.connect();
        const queries = {
          getUser: 'SELECT login AS username, it AS tokensValidFrom FROM people WHERE login = $1',
        };
        const table = { ...NAMES, tokensValidFrom: 'it' };
        try {
          for (const from of [pool, client]) {
            for (const name of ['ann', 'bob', 'nobody']) {
              for (const [options, column] of [
                [{ table }, 'column "it" of table people (option table.tokensValidFrom)'],
                [{ queries }, 'column tokens_valid_from of queries.getUser'],
              ] as const) {
                const store = new SqlUserstore({ client: from, ...options });
                const error: unknown = await store.getUser(name).catch((thrown: unknown) => thrown);
                expect(String(error)).to.include(column).and.include('timestamptz');
              }
            }
          }
        } finally {
          await client.end();
        }
      });
    }

    it('is one moment as timestamptz, whatever time zones the process and the database have', async () => {
      await storeOf('timestamptz', `'${MOMENT}'`, {});
      for (const [ofProcess, ofDatabase] of [
        ['America/New_York', 'Asia/Tokyo'],
        ['Asia/Kolkata', 'UTC'],
      ] as const) {
        process.env['TZ'] = ofProcess;
        const away = server.pool({ max: 1, options: `-c TimeZone=${ofDatabase}` });
        try {
          const store = new SqlUserstore({ client: away, table: { ...NAMES, tokensValidFrom: 'it' } });
          const before = (await store.getUser('ann'))!;
          expect(before.tokensValidFrom).to.deep.equal(new Date(MOMENT));
          const given = { tokensValidFrom: new Date('2026-07-01T12:00:00.250Z') };
          expect(await store.updatePassword?.(before, 'new', 'old', given)).to.equal(true);
          expect((await store.getUser('ann'))?.tokensValidFrom).to.deep.equal(given.tokensValidFrom);
          await pool.query(`UPDATE people SET hash = 'old', it = '${MOMENT}'`);
        } finally {
          await away.end();
        }
      }
    });

    for (const type of ['timestamptz', 'timestamptz(0)', 'text']) {
      it(`moves at every change as ${type}`, async () => {
        const store = await storeOf(type, `'${MOMENT}'`, { tokensValidFrom: 'it' });
        const tokensValidFrom = new Date(MOMENT);
        let [hash, last] = ['old', tokensValidFrom.getTime()];
        for (const next of ['a', 'b', 'c']) {
          expect(await store.updatePassword?.({ username: 'ann' }, next, hash, { tokensValidFrom })).to.equal(
            true,
          );
          const stamp = (await store.getUser('ann'))!.tokensValidFrom!.getTime();
          expect(stamp).to.be.at.least(last + 1000);
          [hash, last] = [next, stamp];
        }
        expect(await store.updatePassword?.({ username: 'ann' }, 'better', hash)).to.equal(true);
        expect((await store.getUser('ann'))?.tokensValidFrom?.getTime()).to.equal(last);
      });
    }

    it('moves by the statement that the documentation shows', async () => {
      await storeOf('timestamptz', 'NULL', {});
      const page = readFileSync(join(__dirname, '../../docs/sql.md'), 'utf8');
      const updatePassword = /updatePassword: `(UPDATE people SET [^`]+)`/.exec(page)?.[1] ?? '';
      await pool.query('ALTER TABLE people RENAME it TO tokens_valid_from');
      const getUser =
        'SELECT login AS username, hash AS password, tokens_valid_from FROM people WHERE login = $1';
      const store = new SqlUserstore({ client: pool, queries: { getUser, updatePassword } });
      const given = { tokensValidFrom: new Date(MOMENT) };
      const stamps: unknown[] = [];
      for (const [next, hash, changes] of [
        ['a', 'old', given],
        ['b', 'a', given],
        ['c', 'b', undefined],
      ] as const) {
        expect(await store.updatePassword?.({ username: 'ann' }, next, hash, changes)).to.equal(true);
        stamps.push((await store.getUser('ann'))?.tokensValidFrom?.getTime());
      }
      const first = given.tokensValidFrom.getTime();
      expect(stamps).to.deep.equal([first, first + 1000, first + 1000]);
    });

    it('moves past a change that happens at the same time', async () => {
      const store = await storeOf('timestamptz', 'NULL', { tokensValidFrom: 'it' });
      const given = new Date(MOMENT);
      const other = await pool.connect();
      try {
        await other.query('BEGIN');
        await other.query(`UPDATE people SET it = $1`, [new Date(given.getTime() + 5000)]);
        const change = store.updatePassword?.({ username: 'ann' }, 'new', 'old', { tokensValidFrom: given });
        await other.query('COMMIT');
        expect(await change).to.equal(true);
      } finally {
        other.release();
      }
      const stamp = (await store.getUser('ann'))?.tokensValidFrom?.getTime();
      expect(stamp).to.equal(given.getTime() + 6000);
    });
  });
});
