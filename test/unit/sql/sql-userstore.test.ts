import { expect } from 'chai';
import type { Group, User } from '../../../src/core/user';
import type { PasswordUpdate } from '../../../src/core/userstore';
import { ConfigurationError } from '../../../src/errors';
import { SqlUserstore, type SqlUserstoreOptions } from '../../../src/sql';
import { migrate } from '../../../src/sql/migrate';
import { SqliteClient } from '../../../src/sql/sqlite-client';

describe('A subclass of SqlUserstore', () => {
  let client: SqliteClient;
  beforeEach(async () => {
    client = new SqliteClient(':memory:');
    await migrate(client);
    await client.query('CREATE TABLE people (name text, hash text)', []);
    await client.query("INSERT INTO people VALUES ('alice', 'old')", []);
  });
  afterEach(() => client.close());

  class Users extends SqlUserstore {
    constructor(options: Partial<SqlUserstoreOptions> = {}) {
      super({ client, ...options });
    }
    override async getGroup(name: string, user?: User): Promise<Group | null> {
      return name === 'own' ? { name } : ((await super.getGroup?.(name, user)) ?? null);
    }
    override async updatePassword(
      user: User,
      newHash: string,
      oldHash: string,
      changes?: PasswordUpdate,
    ): Promise<boolean> {
      return (await super.updatePassword?.(user, `own ${newHash}`, oldHash, changes)) === true;
    }
    override async listRoles(): Promise<Iterable<string>> {
      return ['own', ...((await super.listRoles?.()) ?? [])];
    }
  }
  const thrownBy = (work: Promise<unknown>): Promise<unknown> =>
    work.then(
      () => 'nothing',
      (error: unknown) => error,
    );

  it('overrides what the store has', async () => {
    await client.query("INSERT INTO securest_groups VALUES ('staff')", []);
    await client.query("INSERT INTO securest_group_roles VALUES ('staff', 'reader')", []);
    await client.query("INSERT INTO securest_users (username, password) VALUES ('alice', 'old')", []);
    const users = new Users();
    expect(await users.getGroup('own')).to.deep.equal({ name: 'own' });
    expect((await users.getGroup('staff'))?.roles).to.deep.equal(['reader']);
    expect(await users.updatePassword({ username: 'alice' }, 'new', 'old')).to.equal(true);
    expect((await users.getUser('alice'))?.password).to.equal('own new');
    expect(await users.listRoles()).to.deep.equal(['own', 'reader']);
  });

  it('keeps its methods where the store has none', async () => {
    const users = new Users({ table: { name: 'people', username: 'name' } });
    expect(await users.getGroup('own')).to.deep.equal({ name: 'own' });
    for (const work of [
      users.getGroup('staff'),
      users.updatePassword({ username: 'alice' }, 'new', 'old'),
      users.listRoles(),
    ]) {
      expect(await thrownBy(work)).to.be.instanceOf(Error);
    }
  });

  it('reads the id of a user from the column that the table names', async () => {
    const store = new SqlUserstore({
      client: { query: (sql: string) => Promise.resolve({ rows: [{ username: 'alice', id: '42', sql }] }) },
      table: { name: 'people', username: 'name', id: 'person' },
    });
    const user = (await store.getUser('alice')) as { id?: unknown; sql?: unknown } | null;
    expect(user?.id).to.equal('42');
    expect(user?.sql).to.include('"person" AS id');
  });

  it('cannot end tokens where the store has no column for it', async () => {
    const users = new Users({ table: { name: 'people', username: 'name', password: 'hash' } });
    const changes = { tokensValidFrom: new Date() };
    const update = users.updatePassword({ username: 'alice' }, 'new', 'old', changes);
    expect(await thrownBy(update)).to.be.instanceOf(Error);
    expect((await users.getUser('alice'))?.password).to.equal('old');
    expect(await users.updatePassword({ username: 'alice' }, 'new', 'old')).to.equal(true);
    expect((await users.getUser('alice'))?.password).to.equal('own new');
  });
});

describe('SqlUserstore in a database without its tables', () => {
  let client: SqliteClient;
  beforeEach(() => {
    client = new SqliteClient(':memory:');
  });
  afterEach(() => client.close());

  const thrownBy = (work: Promise<unknown> | undefined): Promise<unknown> =>
    Promise.resolve(work).then(
      () => 'nothing',
      (error: unknown) => error,
    );
  const CURE =
    'SqlUserstore: the database has no table for it: run "securest sql migrate <database>", or await migrate(client) before the app listens';

  it('names the command that makes them, for users and groups', async () => {
    const store = new SqlUserstore({ client });
    for (const error of [await thrownBy(store.getUser('ann')), await thrownBy(store.getGroup?.('staff'))]) {
      expect(error).to.be.instanceOf(ConfigurationError);
      expect((error as Error).message).to.equal(CURE);
    }
  });

  it('does not name it where a table of the app is missing', async () => {
    const store = new SqlUserstore({ client, table: { name: 'people', username: 'login' } });
    const error = await thrownBy(store.getUser('ann'));
    expect(error).to.be.instanceOf(Error).and.not.instanceOf(ConfigurationError);
    expect((error as Error).message).to.include('people');
  });

  it('finds users once they are there', async () => {
    const store = new SqlUserstore({ client });
    await thrownBy(store.getUser('ann'));
    await migrate(client);
    expect(await store.getUser('ann')).to.equal(null);
  });
});
