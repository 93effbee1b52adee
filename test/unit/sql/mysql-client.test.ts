import { expect } from 'chai';
import { ConfigurationError, ServiceUnavailableError } from '../../../src/errors';
import { MysqlClient, migrate, SqlUserstore } from '../../../src/sql';
import { checkSqlClient } from '../../../src/sql/sql-client';

/** A connection as mysql2 has it, which answers as it is told. */
class Scripted {
  readonly asked: { sql: string; values?: unknown }[] = [];
  destroyed = 0;
  released = 0;
  autocommit: unknown = 1;
  constructor(private readonly answer: (sql: string) => unknown) {}
  async query(options: { sql: string }): Promise<unknown> {
    if (options.sql.includes('@@autocommit')) return [[{ autocommit: this.autocommit }], []];
    this.asked.push(options);
    return await this.answer(options.sql);
  }
  async execute(options: { sql: string; values?: unknown }): Promise<unknown> {
    this.asked.push(options);
    return await this.answer(options.sql);
  }
  destroy(): void {
    this.destroyed += 1;
  }
  release(): void {
    this.released += 1;
  }
}

class ScriptedPool {
  constructor(readonly connection: Scripted) {}
  execute(): never {
    throw new Error('asked past the limit of time');
  }
  getConnection(): Promise<Scripted> {
    return Promise.resolve(this.connection);
  }
}

const poolOf = (answer: (sql: string) => unknown): ScriptedPool => new ScriptedPool(new Scripted(answer));
const header = (fields: object): unknown[] => [{ affectedRows: 0, info: '', ...fields }, undefined];
const thrownBy = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'nothing',
    (error: unknown) => error,
  );
const never = (): Promise<never> => new Promise(() => undefined);

describe('MysqlClient', () => {
  it('binds values, and gives the connection back', async () => {
    const pool = poolOf(() => [[{ a: 1 }], [{ name: 'a' }]]);
    const { rows, fields } = await new MysqlClient(pool).query('SELECT $1, $2, $3, $4', [
      ...['x', true, null],
      new Date('2026-05-01T10:00:00.123Z'),
    ]);
    expect([rows, fields]).to.deep.equal([[{ a: 1 }], [{ name: 'a' }]]);
    expect(pool.connection.asked[0]).to.deep.include({
      sql: 'SELECT ?, ?, ?, ?',
      values: ['x', 1, null, '2026-05-01 10:00:00.123'],
    });
    expect(pool.connection).to.include({ released: 1, destroyed: 0 });
  });

  it('refuses values that the driver would write in forms of its own', async () => {
    const pool = poolOf(() => [[], []]);
    for (const value of [['admin'], { toSqlString: () => '1 OR 1' }, () => 1, 1n, Symbol('x')]) {
      expect(await thrownBy(new MysqlClient(pool).query('SELECT $1', [value]))).to.be.instanceOf(TypeError);
    }
    expect(pool.connection.asked).to.deep.equal([]);
    expect(pool.connection.released).to.equal(5);
  });

  for (const [info, affectedRows, found] of [
    ['Rows matched: 1  Changed: 0  Warnings: 0', 0, 1],
    ['Rows matched: 0  Changed: 0  Warnings: 0', 0, 0],
    ['Datensätze gefunden: 1  Geändert: 1  Warnungen: 0', 1, 1],
    ['', 1, 1],
    ['', 0, 0],
  ] as const) {
    it(`counts ${String(found)} by ${JSON.stringify(info)} and ${String(affectedRows)}`, async () => {
      const client = new MysqlClient(poolOf(() => header({ info, affectedRows })));
      const store = new SqlUserstore({ client, table: { name: 'p', username: 'u', password: 'h' } });
      expect(await store.updatePassword?.({ username: 'ann' }, 'new', 'old')).to.equal(found === 1);
    });
  }

  it('throws where nobody says how many rows were changed, or several were', async () => {
    for (const fields of [{ affectedRows: undefined }, { affectedRows: 2 }]) {
      const client = new MysqlClient(poolOf(() => header(fields)));
      const store = new SqlUserstore({ client, table: { name: 'p', username: 'u', password: 'h' } });
      const error = await thrownBy(store.updatePassword!({ username: 'ann' }, 'new', 'old'));
      expect(String(error)).to.include('must change one row');
    }
  });

  it('closes a connection that does not answer in time, and one that is lost', async () => {
    const lost = Object.assign(new Error('gone'), { code: 'PROTOCOL_CONNECTION_LOST', fatal: true });
    for (const answer of [never, () => Promise.reject(lost)]) {
      const pool = poolOf(answer);
      const store = new SqlUserstore({ client: new MysqlClient(pool, { timeoutMs: 5 }) });
      expect(await thrownBy(store.getUser('ann'))).to.be.instanceOf(ServiceUnavailableError);
      expect(pool.connection).to.include({ released: 0, destroyed: 1 });
    }
  });

  it('gives a connection back that comes after the limit', async () => {
    const pool = poolOf(() => [[], []]);
    let come: (connection: Scripted) => void = () => undefined;
    pool.getConnection = () => new Promise((resolve) => (come = resolve));
    const error = await thrownBy(new MysqlClient(pool, { timeoutMs: 5 }).query('SELECT 1', []));
    expect(String(error)).to.include('timeout');
    come(pool.connection);
    await new Promise(setImmediate);
    expect(pool.connection).to.include({ released: 1, destroyed: 0 });
    expect(pool.connection.asked).to.deep.equal([]);
  });

  it('refuses connections that leave a transaction open', async () => {
    for (const autocommit of [0, '0', null, undefined]) {
      const pool = poolOf(() => [[{ username: 'ann' }], []]);
      pool.connection.autocommit = autocommit;
      const store = new SqlUserstore({ client: new MysqlClient(pool) });
      expect(await thrownBy(store.getUser('ann'))).to.be.instanceOf(ConfigurationError);
      expect(pool.connection.asked).to.deep.equal([]);
    }
  });

  it('takes pools of both forms of mysql2, and connections', () => {
    const pool = poolOf(() => [[], []]);
    for (const from of [pool, { promise: () => pool }, pool.connection]) {
      expect(checkSqlClient('x', from)).to.be.instanceOf(MysqlClient);
    }
    const client = new MysqlClient(pool);
    expect(checkSqlClient('x', client)).to.equal(client);
  });

  it('refuses what is none of them, and options that are not valid', () => {
    const pool = poolOf(() => [[], []]);
    for (const from of [undefined, null, {}, { query: () => undefined }, { promise: () => ({}) }]) {
      expect(() => new MysqlClient(from as never)).to.throw(ConfigurationError);
    }
    for (const options of [{ timeoutMs: 0 }, { timeoutMs: 1.5 }, { timeoutMs: Infinity }, { timeout: 5 }]) {
      expect(() => new MysqlClient(pool, options)).to.throw(ConfigurationError);
    }
  });

  it('is needed by migrate(), which works on one connection', async () => {
    const client = { dialect: 'mysql', query: () => Promise.resolve({ rows: [] }) } as const;
    expect(await thrownBy(migrate(client))).to.be.instanceOf(ConfigurationError);
  });

  it('outlives the loss of a connection that nobody uses', () => {
    const heard: string[] = [];
    const on = (event: string): unknown => heard.push(event);
    new MysqlClient(Object.assign(new Scripted(() => [[], []]), { on }));
    expect(heard).to.deep.equal(['error']);
  });
});

describe('SqlUserstore in MySQL', () => {
  it('reads JSON that comes parsed, and as text', async () => {
    const record = { username: 'ann', active: true, roles: ['b', 'a'], groups: null, reach: null };
    for (const sent of [record, JSON.stringify(record)]) {
      const store = new SqlUserstore({ client: new MysqlClient(poolOf(() => [[{ record: sent }], []])) });
      expect(await store.getUser('ann')).to.deep.equal({
        ...{ username: 'ann', active: true, roles: ['a', 'b'], groups: [] },
      });
    }
  });

  it('writes a statement that moves with no zone and compares bytes', async () => {
    const pool = poolOf(() => header({ affectedRows: 1 }));
    const table = { name: 'app.people', username: 'login', password: 'hash', tokensValidFrom: 'since' };
    const store = new SqlUserstore({ client: new MysqlClient(pool), table });
    const tokensValidFrom = new Date('2026-05-01T10:00:00.123Z');
    await store.updatePassword?.({ username: 'ann' }, 'new', 'old', { tokensValidFrom });
    const [{ sql, values }] = pool.connection.asked as [{ sql: string; values: unknown[] }];
    expect(sql).to.match(/`app`\.`people`.*CAST\(CONVERT\(`hash` USING utf8mb4\) AS BINARY\) =/);
    expect(sql).to.not.include('RETURNING').and.not.include('"');
    expect(new Set(values)).to.deep.equal(new Set(['new', '1777629600.123', 'ann', 'old']));
  });
});
