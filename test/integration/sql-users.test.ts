import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { User } from '../../src/core/user';
import { updateEndingTokens } from '../../src/cli/end-tokens';
import { type UserDirectory, UserRefusedError } from '../../src/core/user-directory';
import { passwords } from '../../src/passwords/passwords';
import { migrate } from '../../src/sql/migrate';
import type { SqlClient } from '../../src/sql/sql-client';
import { SqlFault, SqlUserDirectory } from '../../src/sql/sql-directory';
import { SqlUserstore } from '../../src/sql/sql-userstore';
import { SqliteClient } from '../../src/sql/sqlite-client';
import { callCommand, type Result } from '../support/command';
import { compiled, type Ended, runCommand } from '../support/compiled';
import { eventually } from '../support/eventually';
import { MysqlClient } from '../../src/sql/mysql-client';
import { describeWith } from './describe-with';
import { MariadbServer, whyNoMariadb } from './mariadb-server';
import { PostgresServer, whyNoPostgres } from './postgres-server';
import { fill } from './sql-tables';

const PASSWORD = 'correct horse staple';
const NOW = Date.UTC(2040, 4, 1, 10, 20, 30, 456);
const HASH = '$2b$04$/BgnCjH4/eM0QdpxRyMEb.DFKcn62HeJqEoxYOSZ3MyHSnn/FlwIC';
const HOSTILE = ["o'brien", '100%', 'a_b', '"q"; DROP TABLE x', '$1', 'ünïcödé 你好 😀', '__proto__', '[x]'];

interface Ground {
  readonly url: string;
  /** What an app asks with. */
  readonly client: SqlClient;
  /** A connection by itself. */
  connect(): Promise<SqlClient>;
}

function describeUsers(ground: () => Ground): void {
  let folder: string;
  let store: SqlUserstore;
  before(() => compiled(''));
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'securest-'));
    await fill(
      ground().client,
      [{ username: 'ann', password: HASH, roles: ['reader'] }],
      [{ name: 'staff' }, { name: 'board' }],
    );
    store = new SqlUserstore({ client: ground().client });
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const words = (args: string): string[] =>
    args.split(' ').map((arg) => (arg === 'URL' ? ground().url : arg));
  const run = (args: string, input = ''): Promise<Result> => callCommand(words(args), { cwd: folder, input });
  /** In a process of its own, whose clock stands still. */
  const runAt = (now: number, args: string, input = ''): Promise<Ended> =>
    runCommand(words(args), { cwd: folder, input, now });
  const directory = async (): Promise<UserDirectory> => new SqlUserDirectory(await ground().connect());

  describe('the command', function () {
    this.timeout(60_000);

    it('adds a user that a running app then lets in', async () => {
      const result = await runAt(
        NOW,
        'user add URL bob --password-stdin --role editor --role reader --group staff --email bob@x.org',
        `${PASSWORD}\n`,
      );
      expect(result).to.deep.equal({ code: 0, signal: null, out: 'bob added\n', err: '' });
      const { id, password, tokensValidFrom, ...bob } = (await store.getUser('bob'))!;
      expect(id).to.be.a('string').with.length.of.at.least(32);
      expect(tokensValidFrom).to.deep.equal(new Date(NOW));
      expect(bob).to.deep.equal({
        username: 'bob',
        email: 'bob@x.org',
        active: true,
        roles: ['editor', 'reader'],
        groups: ['staff'],
      });
      expect(await passwords.verify(PASSWORD, password!)).to.equal(true);
    });

    it('changes passwords, roles and groups, and disables and enables users', async () => {
      expect((await runAt(NOW, 'user passwd URL ann --password-stdin', PASSWORD)).code).to.equal(0);
      expect((await store.getUser('ann'))?.tokensValidFrom).to.deep.equal(new Date(NOW));
      expect((await run('user roles URL ann --add editor --remove reader')).code).to.equal(0);
      expect((await run('user groups URL ann staff board')).code).to.equal(0);
      expect((await runAt(NOW + 5000, 'user disable URL ann')).code).to.equal(0);
      const ann = (await store.getUser('ann'))!;
      expect(ann).to.deep.include({ active: false, roles: ['editor'], groups: ['board', 'staff'] });
      expect(ann.tokensValidFrom).to.deep.equal(new Date(NOW + 5000));
      expect(await passwords.verify(PASSWORD, ann.password!)).to.equal(true);
      expect((await run('user enable URL ann')).code).to.equal(0);
      expect((await store.getUser('ann'))?.active).to.equal(true);
      const { users } = JSON.parse((await run('user list URL --json')).out) as { users: unknown[] };
      expect(users).to.deep.equal([
        { username: 'ann', active: true, roles: ['editor'], groups: ['board', 'staff'], email: null },
      ]);
    });

    it('exits with 1 for what cannot be, with 2 for everything else, and changes nothing', async () => {
      const before = await all(await directory());
      const cases = [
        ['user add URL ann --password-stdin', 1, /User ann exists already/],
        ['user add URL ANN --password-stdin', 1, /differs from ANN only in case/],
        ['user add URL bob --password-stdin --group nowhere', 1, /There is no group nowhere/],
        ['user groups URL ann nowhere', 1, /There is no group nowhere/],
        ['user disable URL nobody', 1, /There is no user nobody/],
        ['user add URL bob --password-stdin --create', 2, /sql migrate/],
        ['user list sqlite:nowhere.db', 2, /sql migrate/],
      ] as const;
      const results = await Promise.all(cases.map(([args]) => run(args, PASSWORD)));
      for (const [index, [args, code, error]] of cases.entries()) {
        const { code: found, out, err } = results[index]!;
        expect([found, out], args).to.deep.equal([code, '']);
        expect(err, args).to.match(error).and.not.include('horse');
      }
      expect(await all(await directory())).to.deep.equal(before);
    });

    it('keeps the changes of ten at once, and a hash that an app replaces meanwhile', async () => {
      const names = Array.from({ length: 10 }, (_, index) => `role${index}`);
      const ann = (await store.getUser('ann'))!;
      const [replaced, ...results] = await Promise.all([
        store.updatePassword!(ann, `${HASH.slice(0, -1)}O`, HASH),
        ...names.map((name) => runCommand(words(`user roles URL ann --add ${name}`), { cwd: folder })),
      ]);
      expect(replaced).to.equal(true);
      for (const { code, err } of results) expect([code, err]).to.deep.equal([0, '']);
      const after = (await store.getUser('ann'))!;
      expect(after.roles).to.have.members(['reader', ...names]);
      expect(after.password).to.match(/O$/);
    });

    it('goes on with an import where it was killed, and adds nobody twice', async () => {
      const names = Array.from({ length: 3000 }, (_, index) => `user${index}`);
      writeFileSync(
        join(folder, 'users.csv'),
        `username,password_hash,groups\n${names.map((name) => `${name},${HASH},staff`).join('\n')}\n`,
      );
      const watched = await directory();
      for (let round = 0; round < 2; round += 1) {
        const { length: added } = await all(watched);
        let isOver = false;
        const isKillable = async (): Promise<boolean> => isOver || (await all(watched)).length > added;
        await runCommand(['user', 'import', 'users.csv', ground().url], {
          cwd: folder,
          // Once some of them are in.
          onStart: (kill) => void eventually(isKillable).then(kill),
        });
        isOver = true;
        for (const { username, groups } of await all(await directory())) {
          if (username !== 'ann') expect(groups, username).to.deep.equal(['staff']);
        }
      }
      const { code, out, err } = await run('user import users.csv URL --json');
      expect([code, err]).to.deep.equal([0, '']);
      const { added, existing } = JSON.parse(out) as { added: number; existing: number };
      expect(added + existing).to.equal(3000);
      expect((await all(await directory())).map(({ username }) => username)).to.have.members([
        'ann',
        ...names,
      ]);
    });
  });

  it('gives tokensValidFrom another value at each change, also within a millisecond', async () => {
    const users = await directory();
    const now = Date.UTC(2026, 4, 1, 10);
    for (const [change, expected] of [
      [{ active: false }, now],
      [{ active: false }, now + 1000],
      [{ password: HASH }, now + 2000],
    ] as const) {
      const moment = await updateEndingTokens(users, 'ann', change, () => now);
      expect(moment?.getTime()).to.equal(expected);
      expect((await store.getUser('ann'))?.tokensValidFrom).to.deep.equal(moment);
    }
    const others = await Promise.all(Array.from({ length: 3 }, () => directory()));
    await Promise.all(others.map((each) => updateEndingTokens(each, 'ann', {}, () => now)));
    expect((await store.getUser('ann'))?.tokensValidFrom?.getTime()).to.equal(now + 5000);
    expect(await users.update('ann', () => ({ roles: ['x'] }))).to.equal(true);
    expect((await store.getUser('ann'))?.tokensValidFrom?.getTime()).to.equal(now + 5000);
  });

  it('takes names as they are, and finds no other by them', async () => {
    const users = await directory();
    expect(await users.addAll(HOSTILE.map((username) => ({ username, roles: [username] })))).to.deep.equal(
      [],
    );
    for (const username of HOSTILE) {
      expect((await users.get(username))?.roles).to.deep.equal([username]);
      expect(await users.update(username, () => ({ email: `${username}@x` }))).to.equal(true);
      expect((await store.getUser(username))?.email).to.equal(`${username}@x`);
    }
    expect(await users.existing([...HOSTILE, 'a\0b', '\ud800', 'x', ''])).to.deep.equal(new Set(HOSTILE));
    for (const nobody of ['%', 'ANN', 'ann\0', '\ud800', '']) {
      expect(await users.get(nobody), nobody).to.equal(undefined);
      expect(await users.update(nobody, () => ({ active: false })), nobody).to.equal(false);
    }
  });

  it('refuses what the tables cannot hold, all of it, and quotes no secret', async () => {
    const users = await directory();
    for (const bad of [
      { username: '' },
      { username: 'a\0b' },
      { username: '\ud800' },
      { username: 'x', roles: ['a\nb'] },
      { username: 'x', password: 'hunter2', groups: ['nowhere'] },
      { username: 'x', active: 'hunter2' },
      { username: 'x', secret: 'hunter2' },
      { username: 'Fine' },
    ]) {
      const error: unknown = await users
        .addAll([{ username: 'fine' }, bad as unknown as User])
        .catch((reason: unknown) => reason);
      expect(error, JSON.stringify(bad)).to.be.instanceOf(UserRefusedError);
      expect(String(error)).to.not.include('hunter2');
    }
    const update = users.update('ann', () => ({ roles: ['x'], groups: ['nowhere'] }));
    expect(await update.catch((reason: unknown) => reason)).to.be.instanceOf(UserRefusedError);
    expect(await all(users)).to.have.length(1);
    expect((await users.get('ann'))?.roles).to.deep.equal(['reader']);
  });

  it('disables a user whom it would not have added', async () => {
    await ground().client.query(
      "INSERT INTO securest_users (username, email) VALUES ('odd\nname', 'a\tb')",
      [],
    );
    const users = await directory();
    expect(await users.update('odd\nname', () => ({ active: false }))).to.equal(true);
    expect(await users.get('odd\nname')).to.include({ active: false, email: 'a\tb' });
  });

  it('undoes all of a change that throws, and goes on', async () => {
    const users = await directory();
    const thrown = new Error('no');
    const update = users.update('ann', () => {
      throw thrown;
    });
    expect(await update.catch((reason: unknown) => reason)).to.equal(thrown);
    expect(await users.update('ann', () => ({ roles: ['a', 'a', 'b'] }))).to.equal(true);
    expect((await users.get('ann'))?.roles).to.deep.equal(['a', 'b']);
  });

  it('lists many users in pages, each once', async () => {
    const users = await directory();
    const names = Array.from({ length: 2500 }, (_, index) => `user${index}`);
    expect(await users.addAll(names.map((username) => ({ username })))).to.deep.equal([]);
    const again = await users.addAll([{ username: 'user7' }, { username: 'new' }, { username: 'new' }]);
    expect(again).to.deep.equal(['user7', 'new']);
    const found = (await all(users)).map(({ username }) => username);
    expect(found).to.have.length(2502);
    expect(new Set(found)).to.deep.equal(new Set(['ann', 'new', ...names]));
  });

  it('takes the changes of many at once, in one order or the other', async () => {
    const users = await Promise.all(Array.from({ length: 6 }, () => directory()));
    const batch = Array.from({ length: 50 }, (_, index) => ({ username: `user${index}` }));
    const there = await Promise.all(
      users.map((each, index) => each.addAll(index % 2 === 0 ? batch : [...batch].reverse())),
    );
    expect(there.flat()).to.have.length(5 * 50);
    const roles = Array.from({ length: 24 }, (_, index) => `r${String(index).padStart(2, '0')}`);
    await Promise.all(
      roles.map((role, index) =>
        users[index % 6]!.update('user0', (user) => ({ roles: [...(user.roles ?? []), role] })),
      ),
    );
    expect((await users[0]!.get('user0'))?.roles).to.deep.equal(roles);
  }).timeout(30_000);
}

describe('Users of an SQLite file', () => {
  let folder: string;
  let url: string;
  let opened: SqliteClient[];
  const open = (): SqliteClient => {
    const client = new SqliteClient(join(folder, 'users.db'));
    opened.push(client);
    return client;
  };
  let client: SqliteClient;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'securest-'));
    opened = [];
    url = `sqlite:${join(folder, 'users.db')}`;
    client = open();
    await migrate(client);
  });
  afterEach(() => {
    for (const each of opened) each.close();
    rmSync(folder, { recursive: true });
  });

  describeUsers(() => ({ url, client, connect: () => Promise.resolve(open()) }));

  it('are for the owner of the file only', () => {
    for (const name of ['users.db', 'users.db-wal', 'users.db-shm']) {
      expect(statSync(join(folder, name)).mode & 0o777, name).to.equal(0o600);
    }
  });
});

describeWith(whyNoPostgres(), 'Users of a PostgreSQL', function () {
  const server = new PostgresServer();
  let pool: ReturnType<PostgresServer['pool']>;
  let ended: { release: (destroy: boolean) => void }[];

  before(async function () {
    this.timeout(60_000);
    await server.start();
  });
  after(() => server.remove());
  beforeEach(async () => {
    pool = server.pool({ max: 12 });
    ended = [];
    await migrate(pool);
    await pool.query('TRUNCATE securest_users, securest_groups CASCADE');
  });
  afterEach(async () => {
    for (const connection of ended) connection.release(true);
    await pool.end();
  });

  describeUsers(() => ({
    url: server.url,
    client: pool,
    connect: async () => {
      const connection = await pool.connect();
      ended.push(connection);
      return connection;
    },
  }));

  it('are found again when a statement took too long', async () => {
    const [users, other] = [await pool.connect(), await pool.connect()];
    ended.push(users, other);
    const stuck = new SqlUserDirectory(users);
    await stuck.add({ username: 'ann' });
    await users.query("SET statement_timeout = '100ms'");
    await other.query('BEGIN; LOCK TABLE securest_users');
    const error: unknown = await stuck.add({ username: 'bob' }).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(SqlFault);
    await other.query('ROLLBACK');
    expect(await stuck.add({ username: 'bob' })).to.equal(true);
  });

  describeFailures(server, () => pool.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public'));
});

describeWith(whyNoMariadb(), 'Users of a MariaDB', function () {
  const server = new MariadbServer();
  let pool: ReturnType<MariadbServer['pool']>;
  let client: MysqlClient;
  let connections: { destroy(): void }[];

  before(async function () {
    this.timeout(60_000);
    await server.start();
  });
  after(() => server.remove());
  beforeEach(async () => {
    await server.clear();
    pool = server.pool({ connectionLimit: 12 });
    client = new MysqlClient(pool, { timeoutMs: 20_000 });
    connections = [];
    await migrate(client);
  });
  afterEach(async () => {
    for (const connection of connections) connection.destroy();
    await pool.end();
  });

  const connect = async (): Promise<SqlClient> => {
    const connection = await pool.getConnection();
    connections.push(connection);
    return new MysqlClient(connection, { timeoutMs: 20_000 });
  };
  describeUsers(() => ({ url: server.url, client, connect }));

  it('are not added where a name is longer than the column', async () => {
    const users = new SqlUserDirectory(await connect());
    const error: unknown = await users.add({ username: 'x'.repeat(256) }).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(SqlFault);
    expect(await all(users)).to.have.length(1);
  }).timeout(30_000);

  describeFailures(server, () => server.clear());
});

async function all(users: UserDirectory): Promise<User[]> {
  const found: User[] = [];
  for await (const user of users.list()) found.push(user);
  return found;
}

/** What the command says of a server that it cannot use. */
function describeFailures(
  server: Pick<MariadbServer, 'url' | 'freeze' | 'thaw'>,
  clear: () => Promise<unknown>,
): void {
  const list = (url: string) => callCommand(['user', 'list', url], { cwd: tmpdir() });

  it('the command says why there is no connection, without the password', async function () {
    this.timeout(30_000);
    const { code, err } = await list(server.url.replace(/\/\/\w+@/, '//nobody:hunter2@'));
    expect(code).to.equal(2);
    expect(err).to.include('nobody').and.not.include('hunter2');
  });

  it('the command says that tables are missing, by each name of the scheme', async function () {
    this.timeout(30_000);
    await clear();
    for (const url of new Set([server.url, server.url.replace('mysql:', 'mariadb:')])) {
      const { code, err } = await list(url);
      const said =
        'securest: The database has no tables of securest: create them with securest sql migrate\n';
      expect([code, err]).to.deep.equal([2, said]);
    }
  });

  it('the command gives up on a server that is frozen', async function () {
    this.timeout(60_000);
    server.freeze();
    try {
      const { code, err } = await list(server.url);
      expect(code).to.equal(2);
      expect(err).to.match(/timeout|ETIMEDOUT/);
    } finally {
      server.thaw();
    }
  });
}
