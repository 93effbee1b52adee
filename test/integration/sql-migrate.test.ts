import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { runCli } from '../../src/cli/run-cli';
import { migrate } from '../../src/sql/migrate';
import { MYSQL_VERSIONS } from '../../src/sql/mysql-schema';
import { versionsIn } from '../../src/sql/schema';
import type { SqlClient } from '../../src/sql/sql-client';
import { SqlUserstore } from '../../src/sql/sql-userstore';
import { SqliteClient } from '../../src/sql/sqlite-client';
import { compiled } from '../support/compiled';
import { MysqlClient } from '../../src/sql/mysql-client';
import { describeWith } from './describe-with';
import { MariadbServer, whyNoMariadb } from './mariadb-server';
import { PostgresServer, whyNoPostgres } from './postgres-server';

const SAID =
  'The tables of users have version 2\nThe tables of state have version 1\n' +
  'The tables of revocations have version 1\nThe tables of factors have version 1\n';
const ROOT = resolve(__dirname, '../..');

interface Ground {
  readonly url: string;
  /** Another client of the same database. */
  client(): SqlClient & { end?: () => unknown; close?: () => unknown };
  clear(): Promise<unknown>;
}

function describeMigrate(name: string, ground: () => Ground): void {
  it(`makes the tables in ${name}, and does nothing more the second time`, async () => {
    const client = ground().client();
    expect(await migrate(client)).to.equal(2);
    await client.query("INSERT INTO securest_users (username) VALUES ('alice')", []);
    expect(await migrate(client)).to.equal(2);
    expect((await client.query('SELECT username FROM securest_users', [])).rows).to.have.length(1);
  });

  it(`keeps names in ${name} apart by more than their case`, async () => {
    const client = ground().client();
    await migrate(client);
    await client.query("INSERT INTO securest_users (username) VALUES ('alice')", []);
    const again = client.query("INSERT INTO securest_users (username) VALUES ('Alice')", []);
    expect(await again.then(() => 'taken').catch(() => 'refused')).to.equal('refused');
  });

  it(`leaves nothing of a version that fails half way in ${name}`, async () => {
    const client = ground().client();
    await client.query('CREATE TABLE securest_groups (other text)', []);
    expect(await migrate(client).catch(() => 'refused')).to.equal('refused');
    expect(await client.query('SELECT 1 FROM securest_users', []).catch(() => 'none')).to.equal('none');
    await client.query('DROP TABLE securest_groups', []);
    expect(await migrate(client)).to.equal(2);
  });

  it(`can be run by several processes at once in ${name}`, async function () {
    this.timeout(60_000);
    const run = promisify(execFile);
    const args = [compiled('src/cli/main.ts'), 'sql', 'migrate', ground().url];
    const results = await Promise.all([1, 2, 3, 4, 5].map(() => run(process.execPath, args, { cwd: ROOT })));
    for (const { stdout } of results) expect(stdout).to.equal(SAID);
  });

  it(`brings tables of the first version up to date in ${name}, with several processes at once`, async function () {
    this.timeout(60_000);
    const client = ground().client();
    await makeFirstTables(client);
    const run = promisify(execFile);
    const args = [compiled('src/cli/main.ts'), 'sql', 'migrate', ground().url];
    const results = await Promise.all([1, 2, 3, 4, 5].map(() => run(process.execPath, args, { cwd: ROOT })));
    for (const { stdout } of results) expect(stdout).to.equal(SAID);
    const store = new SqlUserstore({ client });
    const [alice, bob] = [await store.getUser('alice'), await store.getUser('bob')];
    expect([alice?.tokensValidFrom ?? null, bob?.tokensValidFrom ?? null]).to.deep.equal([null, null]);
    for (const user of [alice, bob]) expect(user?.id).to.be.a('string').with.length.of.at.least(32);
    expect(alice?.id).to.not.equal(bob?.id);
  });

  it(`gives a new user in ${name} an id and the moment of its creation, whoever adds it`, async () => {
    const client = ground().client();
    await migrate(client);
    const store = new SqlUserstore({ client });
    const add = async () => {
      await client.query("INSERT INTO securest_users (username) VALUES ('carl'), ('dora')", []);
      return [await store.getUser('carl'), await store.getUser('dora')] as const;
    };
    const before = Date.now();
    const [carl, dora] = await add();
    expect(carl?.tokensValidFrom?.getTime()).to.be.within(before - 1000, Date.now() + 1000);
    expect(carl?.id).to.be.a('string').and.not.equal(dora?.id);
    expect((await store.getUser('carl'))?.tokensValidFrom).to.deep.equal(carl?.tokensValidFrom);
    await client.query('DELETE FROM securest_users', []);
    const [again] = await add();
    expect(again?.id).to.be.a('string').and.not.equal(carl?.id);
  });

  it(`cleans what has ended in ${name}, and leaves what lives`, async () => {
    const client = ground().client();
    await migrate(client);
    const now = Date.now();
    for (const [id, end] of [
      ['ended', now - 1],
      ['lives', now + 600_000],
    ]) {
      await client.query(
        `INSERT INTO securest_state (id, value, expires_ms) VALUES ('${id}', '{}', ${end})`,
        [],
      );
    }
    for (const until of [1, 2, now, 3]) {
      const values = `('00000000000000ff', ${String(until)})`;
      await client.query(`INSERT INTO securest_revocations (id, expires_ms) VALUES ${values}`, []);
    }
    const run = async (): Promise<unknown> => {
      let out = '';
      const args = ['sql', 'clean', ground().url, '--json'];
      const code = await runCli(args, { out: (text) => (out += text), err: (text) => (out += text) });
      return [code, JSON.parse(out)];
    };
    expect(await run()).to.deep.equal([0, { state: 1, revocations: 2 }]);
    expect(await run()).to.deep.equal([0, { state: 0, revocations: 0 }]);
    expect((await client.query('SELECT id FROM securest_state', [])).rows).to.deep.equal([{ id: 'lives' }]);
  });

  it(`can be run by several callers at once in ${name}`, async () => {
    const clients = Array.from({ length: 5 }, () => ground().client());
    expect(await Promise.all(clients.map((client) => migrate(client)))).to.deep.equal([2, 2, 2, 2, 2]);
  });
}

/** The tables as the first version made them, with two users. */
async function makeFirstTables(client: SqlClient): Promise<void> {
  const { dialect = 'postgres' } = client;
  const statements =
    dialect === 'mysql'
      ? (MYSQL_VERSIONS[0] ?? []).map(({ sql }) => sql)
      : (versionsIn(dialect)[0] ?? '').split(/;\n/).filter((sql) => sql.trim() !== '');
  await client.query(
    `CREATE TABLE securest_migrations (
      version integer NOT NULL PRIMARY KEY, applied_at ${dialect === 'sqlite' ? 'TEXT' : 'timestamp NULL'}
    )`,
    [],
  );
  for (const sql of statements) await client.query(sql, []);
  await client.query(
    `INSERT INTO securest_migrations (version, applied_at) VALUES (1, ${dialect === 'sqlite' ? "'2026-01-01'" : 'now()'})`,
    [],
  );
  await client.query("INSERT INTO securest_users (username) VALUES ('alice'), ('bob')", []);
}

describe('migrate in SQLite', () => {
  let folder: string;
  let ground: Ground;
  const open: SqliteClient[] = [];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'securest-sqlite-'));
    const path = join(folder, 'users.db');
    ground = {
      url: `sqlite:${path}`,
      client: () => {
        const client = new SqliteClient(path);
        open.push(client);
        return client;
      },
      clear: () => Promise.resolve(),
    };
  });
  afterEach(() => {
    for (const client of open.splice(0)) client.close();
    rmSync(folder, { recursive: true });
  });
  describeMigrate('SQLite', () => ground);
});

describeWith(whyNoPostgres(), 'migrate in PostgreSQL', () => {
  const server = new PostgresServer();
  const open: { end(): Promise<void> }[] = [];
  const ground: Ground = {
    get url() {
      return server.url;
    },
    client: () => {
      const pool = server.pool({ max: 2 });
      open.push(pool);
      return pool;
    },
    clear: () => ground.client().query('DROP SCHEMA public CASCADE; CREATE SCHEMA public', []),
  };
  before(async function () {
    this.timeout(60_000);
    await server.start();
  });
  afterEach(async () => {
    await ground.clear();
    await Promise.all(open.splice(0).map((pool) => pool.end()));
  });
  after(() => server.remove());
  describeMigrate('PostgreSQL', () => ground);
});

describeWith(whyNoMariadb(), 'migrate in MariaDB', () => {
  const server = new MariadbServer();
  const open: { end(): Promise<void> }[] = [];
  const ground: Ground = {
    get url() {
      return server.url;
    },
    client: () => {
      const pool = server.pool({ connectionLimit: 2 });
      open.push(pool);
      return new MysqlClient(pool, { timeoutMs: 10_000 });
    },
    clear: () => server.clear(),
  };
  before(async function () {
    this.timeout(60_000);
    await server.start();
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((pool) => pool.end()));
    await ground.clear();
  });
  after(() => server.remove());
  describeMigrate('MariaDB', () => ground);

  it('brings to its end what another run began and did not end', async () => {
    const client = ground.client();
    await migrate(client);
    await client.query("INSERT INTO securest_users (username) VALUES ('alice')", []);
    await client.query('UPDATE securest_migrations SET applied_at = NULL', []);
    await client.query('DROP TABLE securest_group_parents', []);
    expect(await migrate(client)).to.equal(2);
    expect((await client.query('SELECT username FROM securest_users', [])).rows).to.have.length(1);
    await client.query('SELECT group_name FROM securest_group_parents', []);
    const { rows } = await client.query('SELECT applied_at FROM securest_migrations', []);
    expect(rows).to.have.length(2).and.not.deep.include({ applied_at: null });
  });

  it('takes a pool as it is, and leaves its lock to others', async () => {
    const pool = server.pool({ connectionLimit: 1 });
    open.push(pool);
    expect(await migrate(pool)).to.equal(2);
    const [rows] = await pool.query("SELECT IS_FREE_LOCK(CONCAT('securest_', SHA1(DATABASE()))) AS is_free");
    expect(rows).to.deep.equal([{ is_free: 1 }]);
  });

  it('asks for the name of a database, and for connections that commit', async () => {
    for (const [wrong, said] of [
      [server.pool({ database: '' }), 'needs a database'],
      [server.pool(), 'autocommit'],
    ] as const) {
      open.push(wrong);
      wrong.on('connection', (connection) => void connection.query('SET autocommit = 0'));
      if (said !== 'autocommit') wrong.pool.removeAllListeners('connection');
      const error: unknown = await migrate(wrong).catch((reason: unknown) => reason);
      expect(String(error)).to.include(said);
    }
  });
});

describe('securest sql migrate', () => {
  async function run(...args: string[]): Promise<{ code: number; err: string }> {
    let err = '';
    const code = await runCli(args, { out: () => undefined, err: (text) => (err += text) });
    return { code, err };
  }

  it('ends with 2 and says why when the database is not there, without its password', async () => {
    const { code, err } = await run('sql', 'migrate', 'postgres://me:canary@127.0.0.1:1/none');
    expect(code).to.equal(2);
    expect(err).to.include('ECONNREFUSED').and.not.include('canary');
    const mysql = await run('sql', 'migrate', 'mysql://me:canary@127.0.0.1:1/none');
    expect(mysql.code).to.equal(2);
    expect(mysql.err).to.include('ECONNREFUSED').and.not.include('canary');
  });

  it('ends with 2 for another kind of url', async () => {
    for (const url of [
      'oracle://me:canary@host/db',
      'mysql://me:can/ary@host/db',
      'mysql://me:canary@ho st/db',
    ]) {
      const { code, err } = await run('sql', 'migrate', url);
      expect([code, err.includes('canary'), err.includes('ary@')], url).to.deep.equal([2, false, false]);
    }
    expect((await run('sql', 'migrate', 'oracle://host/db')).err)
      .to.include('postgres://')
      .and.include('mysql://');
    expect((await run('sql', 'migrate')).code).to.equal(2);
    expect((await run('sql', 'drop', 'sqlite:x')).code).to.equal(2);
  });
});
