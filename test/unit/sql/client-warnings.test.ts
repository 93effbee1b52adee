import { expect } from 'chai';
import { type Connection, createPool } from 'mysql2/promise';
import * as pg from 'pg';
import { PROBLEM_SOURCE, type Problem } from '../../../src/core/events';
import { SqlUserstore, type DatabaseClient } from '../../../src/sql';
import { clientWarnings } from '../../../src/sql/client-warnings';
import { MysqlClient } from '../../../src/sql/mysql-client';
import type { SqlClient } from '../../../src/sql/sql-client';
import { SqliteClient } from '../../../src/sql/sqlite-client';

const URL = 'postgres://me@localhost/app';
const LIMITS = { connectionTimeoutMillis: 1000, query_timeout: 2000 };
const WAIT = /connectionTimeoutMillis: 1000/;
const ANSWER = /query_timeout: 2000/;

/** Nothing of it connects before it is asked. */
function warnings(client: unknown): readonly string[] {
  return clientWarnings(client as SqlClient);
}

describe('clientWarnings', () => {
  for (const [what, options, expected] of [
    ['no limits', {}, [WAIT, ANSWER]],
    ['no limit of an answer', { connectionTimeoutMillis: 1000 }, [ANSWER]],
    ['a limit of the server alone', { connectionTimeoutMillis: 1000, statement_timeout: 1500 }, [ANSWER]],
    ['no limit of the wait', { query_timeout: 2000 }, [WAIT]],
    ['limits of 0', { connectionTimeoutMillis: 0, query_timeout: 0 }, [WAIT, ANSWER]],
    ['a limit that is no number', { ...LIMITS, query_timeout: 'soon' as unknown as number }, [ANSWER]],
    ['both limits', LIMITS, []],
    ["both limits and the server's", { ...LIMITS, statement_timeout: 1500 }, []],
    [
      'a limit in the text of the connection',
      { connectionTimeoutMillis: 1000, connectionString: `${URL}?query_timeout=2000` },
      [],
    ],
    [
      'a limit that the text of the connection takes away',
      { ...LIMITS, connectionString: `${URL}?sslmode=disable&query_timeout=0` },
      [ANSWER],
    ],
  ] as const) {
    it(`says for a pool of pg with ${what} what it lacks`, () => {
      const found = warnings(new pg.Pool(options));
      expect(found).to.have.length(expected.length);
      for (const [index, text] of expected.entries()) expect(found[index]).to.match(text);
    });
  }

  it('advises no startup parameter, which PgBouncer refuses', () => {
    for (const text of warnings(new pg.Pool())) expect(text).to.not.match(/statement_timeout|lock_timeout/);
  });

  it('warns of a single connection of pg, with limits or without', () => {
    for (const options of [{}, LIMITS]) {
      const found = warnings(new pg.Client(options));
      expect(found).to.have.length(1);
      expect(found[0]).to.match(/single connection of pg.*new Pool/);
    }
  });

  it('warns of a single connection of mysql2, and not of its pool, whose client has a limit', async () => {
    const pool = createPool({ port: 1 });
    expect(warnings(new MysqlClient(pool))).to.deep.equal([]);
    const single = Object.assign(Object.create(null), {
      execute: () => Promise.resolve([]),
      query: () => Promise.resolve([]),
      destroy: () => undefined,
    }) as Connection;
    const found = warnings(new MysqlClient(single));
    expect(found).to.have.length(1);
    expect(found[0]).to.match(/single connection of mysql2.*createPool/);
    await pool.end();
  });

  it('has nothing to say of other clients, nor of one that throws', () => {
    const sqlite = new SqliteClient(':memory:');
    const thrower = new Proxy(
      {},
      {
        get() {
          throw new Error('not now');
        },
      },
    );
    for (const client of [sqlite, { query: () => undefined }, { totalCount: 1, options: null }, thrower]) {
      expect(warnings(client)).to.deep.equal([]);
    }
    sqlite.close();
  });
});

describe('The problems of a SqlUserstore', () => {
  class People extends SqlUserstore {
    constructor(client: DatabaseClient) {
      super({ client });
    }
  }

  it('are told once, with the name of the store', () => {
    const heard: Problem[] = [];
    const store = new People(new pg.Pool());
    for (let round = 0; round < 2; round += 1) store[PROBLEM_SOURCE]((problem) => heard.push(problem))();
    expect(heard.map(({ component }) => component)).to.deep.equal(['People', 'People']);
    expect(new Set(heard.map(({ problem }) => problem)).size).to.equal(2);
  });

  it('are told by the name that the store gives itself', () => {
    class Named extends People {
      readonly name = 'sql';
    }
    const heard: Problem[] = [];
    new Named(new pg.Client())[PROBLEM_SOURCE]((problem) => heard.push(problem));
    expect(heard.map(({ component }) => component)).to.deep.equal(['sql']);
  });

  it('are none for a pool with limits', () => {
    const heard: Problem[] = [];
    new People(new pg.Pool(LIMITS))[PROBLEM_SOURCE]((problem) => heard.push(problem));
    expect(heard).to.deep.equal([]);
  });
});
