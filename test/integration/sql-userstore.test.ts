import { expect } from 'chai';
import type { Pool } from 'pg';
import { ConfigurationError } from '../../src/errors';
import { migrate } from '../../src/sql/migrate';
import type { SqlClient } from '../../src/sql/sql-client';
import { SqliteClient } from '../../src/sql/sqlite-client';
import { MysqlClient } from '../../src/sql/mysql-client';
import { SqlUserstore } from '../../src/sql/sql-userstore';
import { describeUserstore } from '../contract/describe-userstore';
import { describeWith } from './describe-with';
import { MariadbServer, whyNoMariadb } from './mariadb-server';
import { PostgresServer, whyNoPostgres } from './postgres-server';
import { fill } from './sql-tables';

/** Counts what is asked, and keeps the last statement. */
class Counted implements SqlClient {
  asked: string[] = [];
  constructor(private readonly client: SqlClient) {}
  get dialect(): NonNullable<SqlClient['dialect']> {
    return this.client.dialect ?? 'postgres';
  }
  query(sql: string, params: unknown[]): Promise<{ rows: unknown[] }> {
    this.asked.push(sql);
    return this.client.query(sql, params);
  }
}

interface Dialect {
  /** An empty database. */
  client(): SqlClient | Promise<SqlClient>;
  close(client: SqlClient): void | Promise<void>;
  /** A table of an app's: names, hashes, lists and times as this database has them. */
  readonly appTable: string;
  readonly explain: (sql: string) => string;
  readonly index: RegExp;
}

function describeSql(name: string, { client: open, close, appTable, explain, index }: Dialect): void {
  describe(`SqlUserstore in ${name}`, () => {
    let client: SqlClient;
    beforeEach(async () => {
      client = await open();
    });
    afterEach(() => close(client));

    const own = async (
      ...filling: [Parameters<typeof fill>[1], Parameters<typeof fill>[2]]
    ): Promise<SqlUserstore> => {
      await migrate(client);
      await fill(client, ...filling);
      return new SqlUserstore({ client });
    };
    const thrownBy = (work: Promise<unknown>): Promise<unknown> =>
      work.then(
        () => 'nothing',
        (error: unknown) => error,
      );

    describe('with its own tables', () => {
      it('loads a user with its groups and their parents in one round trip, through a cycle too', async () => {
        await own(
          [{ username: 'alice', roles: ['author'], groups: ['staff'] }],
          [
            { name: 'staff', roles: ['reader'], groups: ['everyone'] },
            { name: 'everyone', roles: ['guest'], groups: ['staff'] },
            { name: 'others', roles: ['root'] },
          ],
        );
        const counted = new Counted(client);
        const store = new SqlUserstore({ client: counted });
        const alice = await store.getUser('alice');
        if (alice === null) throw new Error('not found');
        expect(await store.getGroup?.('staff', alice)).to.deep.equal({
          name: 'staff',
          roles: ['reader'],
          groups: ['everyone'],
        });
        expect((await store.getGroup?.('everyone', alice))?.groups).to.deep.equal(['staff']);
        expect(await store.getGroup?.('others', alice)).to.equal(null);
        expect(counted.asked).to.have.length(1);
      });

      it('answers for a group from the version that the user came from', async () => {
        const store = await own(
          [{ username: 'alice', groups: ['staff'] }],
          [{ name: 'staff', roles: ['reader'] }],
        );
        const alice = await store.getUser('alice');
        if (alice === null) throw new Error('not found');
        await client.query("INSERT INTO securest_group_roles VALUES ('staff', 'root')", []);
        expect((await store.getGroup?.('staff', alice))?.roles).to.deep.equal(['reader']);
        expect((await store.getGroup?.('staff'))?.roles).to.deep.equal(['reader', 'root']);
      });

      it('replaces a hash only where it still is the old one, one of many at once', async () => {
        const store = await own([{ username: 'alice', password: 'old' }], []);
        const alice = await store.getUser('alice');
        if (alice === null) throw new Error('not found');
        const replaced = await Promise.all(
          ['a', 'b', 'c', 'd'].map(async (hash) => store.updatePassword?.(alice, hash, 'old')),
        );
        expect(replaced.filter(Boolean)).to.have.length(1);
        expect((await store.getUser('alice'))?.tokensValidFrom).to.equal(null);
        expect(await store.updatePassword?.(alice, 'new', 'old')).to.equal(false);
      });

      it('ends the tokens of before in the same step', async () => {
        const store = await own([{ username: 'alice', password: 'old' }], []);
        const alice = { username: 'alice' };
        const tokensValidFrom = new Date('2026-05-01T10:00:00.123Z');
        expect(await store.updatePassword?.(alice, 'new', 'old', { tokensValidFrom })).to.equal(true);
        expect(await store.updatePassword?.(alice, 'newer', 'new')).to.equal(true);
        const changed = await store.getUser('alice');
        expect(changed?.tokensValidFrom).to.deep.equal(tokensValidFrom);
        expect(changed?.password).to.equal('newer');
        expect(store.updatePassword).to.have.length(4);
      });

      it('moves the stamp past the year 9999, or changes nothing where there is no later time', async () => {
        const last = new Date('9999-12-31T23:59:59.500Z');
        const store = await own([{ username: 'alice', password: 'old', tokensValidFrom: last }], []);
        const changes = { tokensValidFrom: new Date() };
        const isLast = client.dialect !== 'postgres' && client.dialect !== undefined;
        expect(await store.updatePassword?.({ username: 'alice' }, 'new', 'old', changes)).to.equal(!isLast);
        const alice = await store.getUser('alice');
        expect(alice?.password).to.equal(isLast ? 'old' : 'new');
        expect(alice?.tokensValidFrom?.getTime()).to.equal(last.getTime() + (isLast ? 0 : 1000));
      });

      it('lists the roles of users and of groups', async () => {
        const store = await own(
          [{ username: 'alice', roles: ['author'] }],
          [{ name: 'staff', roles: ['reader'] }],
        );
        expect(await store.listRoles?.()).to.have.members(['author', 'reader']);
      });

      it('finds nobody by a lone surrogate, which is sent as another character', async () => {
        const store = await own([{ username: 'a\uFFFD' }], []);
        expect(await store.getUser('a\uD800')).to.equal(null);
        expect((await store.getUser('a\uFFFD'))?.username).to.equal('a\uFFFD');
      });

      it('throws, and not as if it were down, when there are no tables', async () => {
        const error = await thrownBy(new SqlUserstore({ client }).getUser('alice'));
        expect(error).to.be.an.instanceOf(Error).and.not.have.property('httpCode');
      });

      it('looks a user up by the index', async () => {
        const store = await own([{ username: 'alice' }], []);
        const counted = new Counted(client);
        await new SqlUserstore({ client: counted }).getUser('alice');
        expect(await store.getUser('alice')).to.not.equal(null);
        // What begins with SET STATEMENT cannot be explained.
        const statement = (counted.asked[0] ?? '').replace(/^\/\*M!.*?\*\/ /, '').replaceAll('$1', "'alice'");
        if (counted.dialect === 'postgres') await client.query('SET enable_seqscan = off', []);
        const plan = JSON.stringify((await client.query(explain(statement), [])).rows);
        expect(plan).to.match(index);
        expect(plan).to.not.match(/Seq Scan on securest_users|SCAN u\b|"table":"u","type":"ALL"/);
      });
    });

    const isMysql = (): boolean => client.dialect === 'mysql';
    /** Names as this database quotes them. */
    const named = (sql: string): string => (isMysql() ? sql.replaceAll('"', '`') : sql);

    describe("with an app's table", () => {
      const TABLE = {
        ...{ name: 'People', username: 'Login', password: 'hash', active: 'enabled', roles: 'roles' },
        ...{ groups: 'teams', tokensValidFrom: 'since', email: 'mail' },
      };

      it('maps its columns', async () => {
        await client.query(appTable, []);
        const [people, login, moment] = isMysql()
          ? ['`People`', '`Login`', 'FROM_UNIXTIME($7)']
          : ['"People"', '"Login"', '$7'];
        const insert = `INSERT INTO ${people} (${login}, hash, mail, enabled, roles, teams, since) VALUES ($1, $2, $3, $4, $5, $6, ${moment})`;
        const lists = client.dialect === 'sqlite' || isMysql() ? ['["a"]', '[]'] : [['a'], '[]'];
        const since = '2026-01-01T00:00:00.000Z';
        const at = isMysql() ? String(Date.parse(since) / 1000) : since;
        await client.query(insert, ['alice', 'old', 'a@example.com', true, ...lists, at]);
        const store = new SqlUserstore({ client, table: TABLE });
        expect(await store.getUser('alice')).to.deep.equal({
          ...{ username: 'alice', password: 'old', email: 'a@example.com', active: true },
          ...{ roles: ['a'], groups: [], tokensValidFrom: new Date(since) },
        });
        expect(await store.getUser('Alice')).to.equal(null);
        const tokensValidFrom = new Date('2026-02-01T00:00:00.000Z');
        expect(
          await store.updatePassword?.({ username: 'alice' }, 'new', 'old', { tokensValidFrom }),
        ).to.equal(true);
        expect(await store.updatePassword?.({ username: 'alice' }, 'new', 'old')).to.equal(false);
        expect(await store.getUser('alice'))
          .to.include({ password: 'new' })
          .and.have.deep.property('tokensValidFrom', tokensValidFrom);
        expect(
          await store.updatePassword?.({ username: 'alice' }, 'newer', 'new', { tokensValidFrom }),
        ).to.equal(true);
        const later = new Date('2026-02-01T00:00:01.000Z');
        expect((await store.getUser('alice'))?.tokensValidFrom).to.deep.equal(later);
        expect(await store.updatePassword?.({ username: 'alice' }, 'newest', 'newer')).to.equal(true);
        expect((await store.getUser('alice'))?.tokensValidFrom).to.deep.equal(later);
        expect([store.getGroup, store.listRoles]).to.deep.equal([undefined, undefined]);
      });

      it('takes no change of a password, only a better hash, where tokens cannot be ended', async () => {
        await client.query(appTable, []);
        await client.query(named(`INSERT INTO "People" ("Login", hash) VALUES ('alice', 'old')`), []);
        const store = new SqlUserstore({
          client,
          table: { name: 'People', username: 'Login', password: 'hash' },
        });
        expect(store.updatePassword).to.have.length(3);
        expect(await store.updatePassword?.({ username: 'alice' }, 'new', 'old')).to.equal(true);
      });

      it('throws for two rows of one name, and for a row that does not hold', async () => {
        await client.query(appTable, []);
        const insert = (login: string, enabled: string): Promise<unknown> =>
          client.query(named(`INSERT INTO "People" ("Login", enabled) VALUES ('${login}', ${enabled})`), []);
        for (const [login, enabled] of [
          ['alice', 'NULL'],
          ['twin', 'NULL'],
          ['twin', 'NULL'],
        ] as const) {
          await insert(login, enabled);
        }
        const store = new SqlUserstore({
          client,
          table: { name: 'People', username: 'Login', active: 'enabled' },
        });
        for (const login of ['alice', 'twin']) {
          expect(await thrownBy(store.getUser(login)))
            .to.be.an.instanceOf(Error)
            .and.not.have.property('httpCode');
        }
      });
    });

    describe("with an app's statements", () => {
      for (const [what, column, columns] of [
        ['active is a text', 'active', `'true' AS active`],
        ['active is null', 'active', `NULL AS active`],
        ['active is another number', 'active', `2 AS active`],
        ['roles are a list with commas', 'roles', `'admin,author' AS roles`],
        ['roles are a JSON object', 'roles', `'{"admin":true}' AS roles`],
        ['a role is a number', 'roles', `'[1]' AS roles`],
        ['groups are a number', 'groups', `7 AS groups`],
        ['email is a number', 'email', `7 AS email`],
        ['password is a number', 'password', `7 AS password`],
        [
          'tokens_valid_from has no time zone',
          'tokens_valid_from',
          `'2026-01-01 00:00:00' AS tokens_valid_from`,
        ],
        ['tokens_valid_from is a number', 'tokens_valid_from', `1767225600 AS tokens_valid_from`],
        ['the username is missing', 'username', `NULL AS username`],
      ] as const) {
        it(`names the column when ${what}`, async () => {
          const username = columns.endsWith('username') ? '' : '$1 AS username, ';
          const getUser = `SELECT ${username}${columns} ${username === '' ? "WHERE $1 <> ''" : ''}`;
          const typed =
            client.dialect === 'sqlite' || isMysql() ? getUser : getUser.replaceAll('$1', '$1::text');
          const error = await thrownBy(
            new SqlUserstore({ client, queries: { getUser: typed } }).getUser('alice'),
          );
          expect(error).to.be.an.instanceOf(Error).and.not.have.property('httpCode');
          expect((error as Error).message).to.include(`column ${column} of queries.getUser must be`);
        });
      }

      it('keeps what else a row has, and finds by another name', async () => {
        await client.query('CREATE TABLE members (id integer, nick text, mail text)', []);
        await client.query(`INSERT INTO members VALUES (7, 'alice', 'a@example.com')`, []);
        const store = new SqlUserstore({
          client,
          queries: {
            getUser: 'SELECT nick AS username, id FROM members WHERE mail = $1',
            getGroup: `SELECT 'staff' AS name, '["reader"]' AS roles WHERE 'staff' = $1`,
          },
        });
        expect(await store.getUser('a@example.com')).to.deep.equal({ username: 'alice', id: 7 });
        expect(await store.getGroup?.('staff')).to.deep.equal({
          name: 'staff',
          roles: ['reader'],
          groups: undefined,
        });
        expect(await store.getGroup?.('other')).to.equal(null);
      });

      it('folds no tokensValidFrom away', async () => {
        const time =
          client.dialect === 'sqlite' || isMysql()
            ? `'2026-01-01T00:00:00Z'`
            : `'2026-01-01T00:00:00Z'::timestamptz`;
        const name = client.dialect === 'sqlite' || isMysql() ? '$1' : '$1::text';
        const getUser = `SELECT ${name} AS username, ${time} AS tokensValidFrom`;
        const user = await new SqlUserstore({ client, queries: { getUser } }).getUser('alice');
        expect(user?.tokensValidFrom).to.deep.equal(new Date('2026-01-01T00:00:00Z'));
      });
    });
  });

  describeUserstore(`SqlUserstore in ${name}`, async (users, groups) => {
    const client = await open();
    await migrate(client);
    await fill(client, users, groups);
    return { store: new SqlUserstore({ client }), teardown: () => close(client) };
  });
}

describeSql('SQLite', {
  client: () => new SqliteClient(':memory:'),
  close: (client) => {
    (client as SqliteClient).close();
  },
  appTable:
    'CREATE TABLE "People" ("Login" TEXT COLLATE NOCASE, hash TEXT, mail TEXT, enabled INTEGER, roles TEXT, teams TEXT, since TEXT)',
  explain: (sql) => `EXPLAIN QUERY PLAN ${sql}`,
  index: /SEARCH u USING INDEX/,
});

describeWith(whyNoPostgres(), 'with a PostgreSQL', () => {
  const server = new PostgresServer();
  before(async function () {
    this.timeout(60_000);
    await server.start();
  });
  after(() => server.remove());

  describeSql('PostgreSQL', {
    client: async () => {
      const pool = server.pool({ max: 1 });
      await pool.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
      return pool;
    },
    close: (client) => (client as Pool).end(),
    appTable:
      'CREATE TABLE "People" ("Login" text, hash text, mail text, enabled boolean, roles text[], teams jsonb, since timestamptz)',
    explain: (sql) => `EXPLAIN ${sql}`,
    index: /Index Scan using securest_users_pkey/,
  });
});

describeWith(whyNoMariadb(), 'with a MariaDB', () => {
  const server = new MariadbServer();
  const pools = new Map<SqlClient, { end(): Promise<void> }>();
  before(async function () {
    this.timeout(60_000);
    await server.start();
  });
  after(() => server.remove());

  describeSql('MariaDB', {
    client: async () => {
      await server.clear();
      const pool = server.pool({ connectionLimit: 1 });
      const client = new MysqlClient(pool, { timeoutMs: 10_000 });
      pools.set(client, pool);
      return client;
    },
    close: async (client) => pools.get(client)?.end(),
    appTable:
      'CREATE TABLE `People` (`Login` varchar(50), hash varchar(50), mail varchar(50), enabled boolean, roles json, teams longtext, since timestamp(3) NULL)',
    explain: (sql) => `EXPLAIN ${sql}`,
    index: /"table":"u","type":"const"/,
  });
});

describe('SqlUserstore', () => {
  const client: SqlClient = { query: () => Promise.resolve({ rows: [] }) };
  for (const [what, options] of Object.entries<object>({
    'no client': {},
    'a client without query()': { client: {} },
    'an unknown option': { client, tables: {} },
    'a misspelt column': { client, table: { name: 'u', username: 'u', tokenValidFrom: 't' } },
    'a table without a username': { client, table: { name: 'u' } },
    'a column that is no plain name': { client, table: { name: 'u', username: 'u" OR 1=1 --' } },
    'a table of three parts': { client, table: { name: 'a.b.c', username: 'u' } },
    'an empty column': { client, table: { name: 'u', username: 'u', email: '' } },
    'queries without getUser or a table': { client, queries: { getGroup: 'SELECT $1' } },
    'a getUser that takes no name': { client, queries: { getUser: 'SELECT * FROM users' } },
    'a table and a getUser': {
      client,
      table: { name: 'u', username: 'u' },
      queries: { getUser: 'SELECT $1' },
    },
    'an update that does not tell': {
      client,
      queries: { getUser: 'SELECT $1', updatePassword: 'UPDATE u SET p = $1 WHERE u = $2 AND p = $3' },
    },
    'an update that does not compare': {
      client,
      queries: { getUser: 'SELECT $1', updatePassword: 'UPDATE u SET p = $1 WHERE u = $2 RETURNING u' },
    },
  })) {
    it(`refuses ${what}`, () => {
      expect(() => new SqlUserstore(options as never)).to.throw(ConfigurationError);
    });
  }

  it('throws when the client answers with something else than rows', async () => {
    for (const answer of [undefined, {}, { rows: {} }, { rows: [null] }]) {
      const store = new SqlUserstore({ client: { query: () => Promise.resolve(answer as never) } });
      const error: unknown = await store.getUser('alice').catch((thrown: unknown) => thrown);
      expect(error).to.be.an.instanceOf(TypeError);
    }
  });
});
