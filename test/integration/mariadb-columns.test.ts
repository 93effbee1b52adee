/** Tables as people have them, behind mysql2 as it is. */
import { expect } from 'chai';
import { createConnection, type Pool } from 'mysql2/promise';
import { PROBLEM_SOURCE } from '../../src/core/events';
import { type DatabaseClient, MysqlClient, SqlUserstore } from '../../src/sql';
import type { SqlTable } from '../../src/sql';
import { describeWith } from './describe-with';
import { MariadbServer, whyNoMariadb } from './mariadb-server';

const NAMES = { name: 'people', username: 'login', password: 'hash' };
const MOMENT = '2026-01-01T00:00:00.250Z';

describeWith(whyNoMariadb(), 'SqlUserstore over the columns of a MariaDB', () => {
  const server = new MariadbServer();
  const pools: Pool[] = [];

  before(async function () {
    this.timeout(60_000);
    await server.start();
  });
  after(() => server.remove());
  beforeEach(() => server.clear());
  afterEach(() => Promise.all(pools.splice(0).map((pool) => pool.end())));

  const connect = (settings = {}): Pool => {
    const pool = server.pool({ connectionLimit: 2, ...settings });
    pools.push(pool);
    return pool;
  };
  /** @param type of the column `it`, which holds `value`; a literal of SQL */
  const storeOf = async (
    type: string,
    value: string,
    table: Partial<SqlTable>,
    settings = {},
  ): Promise<SqlUserstore> => {
    const pool = connect(settings);
    await pool.query(`CREATE TABLE people (login varchar(50) PRIMARY KEY, hash varchar(20), it ${type})`);
    await pool.query(`INSERT INTO people VALUES ('ann', 'old', ${value})`);
    const client = new MysqlClient(pool, { timeoutMs: 20_000 });
    return new SqlUserstore({ client, table: { ...NAMES, ...table } });
  };
  const thrownBy = (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => 'nothing',
      (error: unknown) => String(error),
    );

  it('reports a single connection when an app starts with it, and no pool', async () => {
    const problemsOf = (client: DatabaseClient): string[] => {
      const problems: string[] = [];
      new SqlUserstore({ client })[PROBLEM_SOURCE](({ problem }) => problems.push(problem))();
      return problems;
    };
    const connection = await createConnection(server.url);
    const pool = connect();
    const taken = await pool.getConnection();
    for (const client of [connection, new MysqlClient(connection), taken]) {
      expect(problemsOf(client)).to.have.length(1);
      expect(problemsOf(client)[0]).to.include('single connection of mysql2');
    }
    for (const client of [pool, new MysqlClient(pool)]) expect(problemsOf(client)).to.deep.equal([]);
    taken.release();
    await connection.end();
  });

  for (const [type, value, roles] of [
    ['json', `'["a", "b"]'`, ['a', 'b']],
    ['json', `'[]'`, []],
    ['json', `'"editor"'`, ['editor']],
    ['text', `'["a"]'`, ['a']],
    ['varchar(20)', `'editor'`, ['editor']],
    ["enum('admin', 'editor')", `'editor'`, ['editor']],
    ["set('admin', 'team lead')", `'admin,team lead'`, ['admin', 'team lead']],
    ["set('admin', 'team lead')", `''`, []],
    ['json', 'NULL', null],
  ] as const) {
    it(`reads roles of ${type} from ${value}`, async () => {
      const store = await storeOf(type, value, { roles: 'it' });
      expect((await store.getUser('ann'))?.roles).to.deep.equal(roles);
    });
  }

  for (const [type, value, active] of [
    ['boolean', 'TRUE', true],
    ['tinyint unsigned', '0', false],
    ['bit', `b'0'`, false],
    ['bit', `b'1'`, true],
    ['bigint', '1', true],
  ] as const) {
    it(`reads active of ${type} from ${value}`, async () => {
      const store = await storeOf(type, value, { active: 'it' });
      expect((await store.getUser('ann'))?.active).to.equal(active);
    });
  }

  for (const [type, value, option] of [
    ['text', `'admin,editor'`, 'roles'],
    ['json', `'{"admin": true}'`, 'roles'],
    ['json', `'["admin", null]'`, 'roles'],
    ['blob', `'admin'`, 'roles'],
    ['integer', '3', 'groups'],
    ['tinyint', 'NULL', 'active'],
    ['tinyint', '2', 'active'],
    ['tinyint', '-1', 'active'],
    ['bit(8)', `b'10'`, 'active'],
    ['char', `'1'`, 'active'],
    ['varbinary(20)', `'old'`, 'password'],
    ['integer', '3', 'email'],
    ['integer', '7', 'username'],
    ['varbinary(20)', `'ann'`, 'username'],
    ['datetime(3)', `'2026-01-01'`, 'tokensValidFrom'],
    ['datetime', 'NULL', 'tokensValidFrom'],
    ['date', `'2026-01-01'`, 'tokensValidFrom'],
    ['bigint', '1767225600', 'tokensValidFrom'],
    ['varchar(40)', `'${MOMENT}'`, 'tokensValidFrom'],
  ] as const) {
    it(`names the column when ${option} is ${type} ${value}`, async () => {
      const store = await storeOf(type, value, { [option]: 'it' });
      const typed = option === 'username' ? ['7', 'ann', 'hunter2'] : ['ann'];
      for (const name of typed) {
        const error = await thrownBy(store.getUser(name));
        expect(error).to.include(`column "it" of table people (option table.${option})`);
        expect(error)
          .to.include('must be')
          .and.not.match(/hunter2/);
      }
    });
  }

  it('finds nobody by a name that is the same for the collation only', async () => {
    const pool = connect();
    await pool.query('CREATE TABLE people (login varchar(50) CHARACTER SET latin1, hash varchar(20))');
    await pool.query(
      "INSERT INTO people VALUES ('ann', 'old'), ('Bob', 'x'), ('bob', 'y'), ('jos\u00e9', 'z')",
    );
    const store = new SqlUserstore({ client: new MysqlClient(pool, { timeoutMs: 20_000 }), table: NAMES });
    for (const name of ['ANN', 'ann ', 'ánn', 'jose', 'JOS\u00c9', 'jose\u0301', '你好', '😀', '?']) {
      expect(await store.getUser(name), name).to.equal(null);
    }
    expect((await store.getUser('jos\u00e9'))?.password).to.equal('z');
    expect([(await store.getUser('Bob'))?.password, (await store.getUser('bob'))?.password]).to.deep.equal([
      'x',
      'y',
    ]);
    expect(await store.updatePassword?.({ username: 'bob' }, 'new', 'y')).to.equal(true);
    expect((await store.getUser('Bob'))?.password).to.equal('x');
  });

  it('throws for a statement that mixes collations, which is no unknown name', async () => {
    const pool = connect();
    await pool.query(`CREATE TABLE people (login varchar(50) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci,
      twin varchar(50) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci)`);
    const getUser = 'SELECT login AS username FROM people WHERE login = twin AND login = ?';
    const client = new MysqlClient(pool, { timeoutMs: 20_000 });
    const error = await thrownBy(new SqlUserstore({ client, queries: { getUser } }).getUser('ann'));
    expect(error).to.include('mix of collations');
  });

  it('replaces a hash only where it is the same to the byte, however the rows are counted', async () => {
    for (const flags of [[], ['-FOUND_ROWS']]) {
      await server.clear();
      const store = await storeOf('int', '1', {}, { flags });
      const ann = { username: 'ann' };
      for (const other of ['OLD', 'old ', 'öld']) {
        expect(await store.updatePassword?.(ann, 'new', other), other).to.equal(false);
      }
      expect(await store.updatePassword?.({ username: 'ANN' }, 'new', 'old')).to.equal(false);
      // The row is found, and not changed.
      expect(await store.updatePassword?.(ann, 'old', 'old')).to.equal(true);
      const replaced = await Promise.all(
        ['a', 'b', 'c'].map(async (hash) => store.updatePassword?.(ann, hash, 'old')),
      );
      expect(replaced.filter(Boolean)).to.have.length(1);
    }
  });

  it('never cuts a hash off, also where the server would', async () => {
    const pool = connect();
    pool.on('connection', (connection) => void connection.query("SET sql_mode = ''"));
    await pool.query('CREATE TABLE people (login varchar(50), hash varchar(20))');
    await pool.query("INSERT INTO people VALUES ('ann', 'old')");
    const store = new SqlUserstore({ client: new MysqlClient(pool, { timeoutMs: 20_000 }), table: NAMES });
    const long = 'x'.repeat(60);
    expect(await thrownBy(store.updatePassword!({ username: 'ann' }, long, 'old'))).to.include('too long');
    expect((await store.getUser('ann'))?.password).to.equal('old');
  });

  it("reads values whatever the pool's settings, and other modes of the server", async () => {
    const store = await storeOf('timestamp(3) NULL', 'NULL', { tokensValidFrom: 'it' });
    for (const settings of [
      { rowsAsArray: true },
      { dateStrings: true, timezone: '+09:00', jsonStrings: true },
      { typeCast: () => 'cast' },
      { bigNumberStrings: true, supportBigNumbers: true, decimalNumbers: true },
      { namedPlaceholders: true },
    ]) {
      const pool = connect(settings);
      pool.on('connection', (connection) => {
        void connection.query("SET sql_mode = 'ANSI,NO_BACKSLASH_ESCAPES', time_zone = '-11:00'");
      });
      const again = new SqlUserstore({
        client: new MysqlClient(pool, { timeoutMs: 20_000 }),
        table: { ...NAMES, tokensValidFrom: 'it' },
      });
      const ann = (await store.getUser('ann'))!;
      const tokensValidFrom = new Date(Date.parse(MOMENT) + 60_000);
      const hash = ann.password ?? '';
      expect(await again.updatePassword?.(ann, `${hash}x`, hash, { tokensValidFrom })).to.equal(true);
      expect(await again.getUser('ann')).to.deep.equal(await store.getUser('ann'));
      expect(await again.getUser(`ann\\' OR 1=1 -- `)).to.equal(null);
    }
  });

  describe('tokensValidFrom', () => {
    const zone = process.env['TZ'];
    afterEach(() => {
      if (zone === undefined) delete process.env['TZ'];
      else process.env['TZ'] = zone;
    });

    it('is one moment as TIMESTAMP, whatever zones the process, the pool and the session have', async () => {
      const store = await storeOf('timestamp(3) NULL', 'NULL', { tokensValidFrom: 'it' });
      let hash = 'old';
      let last = Date.parse(MOMENT);
      for (const [ofProcess, timezone, ofSession] of [
        ['America/New_York', 'local', '+09:00'],
        ['Asia/Kolkata', 'Z', '-08:00'],
        ['Europe/Berlin', '+02:00', 'SYSTEM'],
      ] as const) {
        process.env['TZ'] = ofProcess;
        const pool = connect({ timezone });
        pool.on('connection', (connection) => void connection.query(`SET time_zone = '${ofSession}'`));
        const away = new SqlUserstore({
          client: new MysqlClient(pool, { timeoutMs: 20_000 }),
          table: { ...NAMES, tokensValidFrom: 'it' },
        });
        const tokensValidFrom = new Date(MOMENT);
        const next = `${hash}+`;
        expect(await away.updatePassword?.({ username: 'ann' }, next, hash, { tokensValidFrom })).to.equal(
          true,
        );
        expect((await away.getUser('ann'))?.tokensValidFrom).to.deep.equal(new Date(last));
        expect((await store.getUser('ann'))?.tokensValidFrom).to.deep.equal(new Date(last));
        [hash, last] = [next, last + 1000];
      }
    });

    it('changes nothing where a TIMESTAMP has no later value', async () => {
      const store = await storeOf('timestamp(3) NULL', 'NULL', { tokensValidFrom: 'it' });
      const tokensValidFrom = new Date('2200-01-01T00:00:00Z');
      expect(await store.updatePassword?.({ username: 'ann' }, 'new', 'old', { tokensValidFrom })).to.equal(
        false,
      );
      expect((await store.getUser('ann'))?.password).to.equal('old');
    });

    it('is refused in a statement as any type of time, and read as the text that the error shows', async () => {
      await storeOf('timestamp(3) NULL', `FROM_UNIXTIME(${String(Date.parse(MOMENT) / 1000)})`, {});
      const store = (column: string): SqlUserstore =>
        new SqlUserstore({
          client: new MysqlClient(connect(), { timeoutMs: 20_000 }),
          queries: {
            getUser: `SELECT login AS username, ${column} AS tokens_valid_from FROM people WHERE login = ?`,
          },
        });
      for (const column of ['it', 'CAST(it AS DATETIME)', 'DATE(it)']) {
        for (const name of ['ann', 'nobody']) {
          const error = await thrownBy(store(column).getUser(name));
          expect(error)
            .to.include('column tokens_valid_from of queries.getUser')
            .and.include('UNIX_TIMESTAMP');
        }
      }
      const cure = /DATE_FORMAT\(.*Z'\)/.exec(await thrownBy(store('it').getUser('ann')))?.[0] ?? '';
      const user = await store(cure.replace('(column)', '(it)')).getUser('ann');
      expect(user?.tokensValidFrom).to.deep.equal(new Date(MOMENT));
    });
  });
});
