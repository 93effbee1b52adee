import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Authentication, ApiKeys } from '../../../src';
import { runCli } from '../../../src/cli/run-cli';
import { verifierOf } from '../../../src/keys/api-keys';
import { StoredKeys } from '../../../src/keys/stored-keys';
import { migrate, SqliteClient, SqlState } from '../../../src/sql';

const USERS = `users:
  - username: ann
    id: "17"
    tokensValidFrom: 2026-01-31T08:00:00Z
  - username: ben
`;

describe('securest key', function () {
  this.timeout(60_000);
  let folder: string;
  let database: string;
  let users: string;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'securest-'));
    database = join(folder, 'state.sqlite');
    users = join(folder, 'users.yaml');
    writeFileSync(users, USERS);
    const client = new SqliteClient(database);
    await migrate(client);
    client.close();
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const run = async (...args: string[]) => {
    let [out, err] = ['', ''];
    const code = await runCli(args, { out: (text) => (out += text), err: (text) => (err += text) });
    return { code, out, err };
  };
  const add = (username = 'ann', ...more: string[]) =>
    run('key', 'add', database, username, '--users', users, '--prefix', 'notes', '--name', 'build', ...more);
  const inState = async <T>(work: (state: SqlState) => Promise<T>): Promise<T> => {
    const client = new SqliteClient(database);
    try {
      return await work(new SqlState({ client }));
    } finally {
      client.close();
    }
  };

  it('adds a key that the app finds, and prints it once, alone on stdout', async () => {
    const { code, out, err } = await add('ann', '--scope', 'a', '--scope', 'b', '--days', '7');
    expect(code).to.equal(0);
    expect(out).to.match(/^notes_[0-9A-Za-z]{16}_[0-9A-Za-z]{49}\n$/);
    expect(err).to.include('once').and.not.include(out.trim());
    const found = await inState(async (state) =>
      verifierOf(new ApiKeys({ state, prefix: 'notes' })).find(out.trim()),
    );
    expect(found).to.deep.include({
      user: 'ann',
      userId: '17',
      stamp: Date.UTC(2026, 0, 31, 8),
      scopes: ['a', 'b'],
      name: 'build',
    });
    expect(found).to.not.have.property('userstore');
    expect(found!.expiresAt - found!.createdAt).to.equal(7 * 86_400_000);
  });

  it('adds one for a userstore of several', async () => {
    const { out } = await add('ben', '--userstore', 'Staff', '--json');
    const { key, info } = JSON.parse(out) as { key: string; info: { id: string } };
    const found = await inState((state) => new StoredKeys(state).get(info.id));
    expect(found).to.include({ user: 'ben', userstore: 'Staff' });
    expect(key.slice(6, 22)).to.equal(info.id);
  });

  it('lists and ends the keys of a user, without any secret', async () => {
    const keys = [(await add()).out.trim(), (await add('ann', '--days', '400')).out.trim()];
    await add('ben');
    const listed = await run('key', 'list', `sqlite:${database}`, 'ann', '--json');
    const { keys: known } = JSON.parse(listed.out) as { keys: { id: string; hint: string; name: string }[] };
    expect(known.map(({ id }) => id).toSorted()).to.deep.equal(
      keys.map((key) => key.slice(6, 22)).toSorted(),
    );
    const text = await run('key', 'list', database, 'ann');
    expect(text.out.split('\n')).to.have.length(3);
    for (const key of keys) {
      for (const { out } of [listed, text])
        expect(out).to.include(key.slice(6, 22)).and.not.include(key.slice(23, 66));
    }
    const id = keys[0]!.slice(6, 22);
    expect(await run('key', 'revoke', database, 'ben', id)).to.include({ code: 1, out: '' });
    expect(await run('key', 'revoke', database, 'ann', id)).to.include({
      code: 0,
      out: '1 key of ann ended\n',
    });
    expect((await run('key', 'revoke', database, 'ann', id)).code).to.equal(1);
    expect((await run('key', 'revoke', database, 'ann', '--all')).out).to.equal('1 key of ann ended\n');
    expect((await run('key', 'revoke', database, 'ann', '--all')).out).to.equal('0 keys of ann ended\n');
    expect((await run('key', 'list', database, 'ann')).out).to.equal('');
    expect((await run('key', 'list', database, 'ben')).out).to.include('build');
  });

  it('refuses what no key can have, and whoever does not exist', async () => {
    const refused = [
      ['zoe'],
      ['ann', '--name', ''],
      ['ann', '--name', 'a\nb'],
      ['ann', '--scope', 'a b'],
      ['ann', '--days', '401'],
      ['ann', '--days', '0'],
    ] as const;
    for (const [name, ...more] of refused) {
      const { code, out, err } = await add(name, ...more);
      expect([code, out], err).to.deep.equal([1, '']);
    }
    for (const more of [['--prefix', 'N'], ['--days', 'x'], ['--days', '-1'], ['--scopes', 'a'], ['more']]) {
      expect((await add('ann', ...more)).code, more.join(' ')).to.equal(2);
    }
    for (const args of [
      ['key', 'add', database, 'ann'],
      ['key', 'revoke', database, 'ann'],
      ['key', 'list', database],
    ]) {
      expect((await run(...args)).code).to.equal(2);
    }
    expect(await inState(async (state) => state.list('ann'))).to.deep.equal([]);
  });

  it('says what is wrong with the state, and quotes no url', async () => {
    const missing = await run('key', 'list', join(folder, 'none.sqlite'), 'ann');
    expect(missing).to.include({ code: 2, out: '' });
    const empty = join(folder, 'empty.sqlite');
    new SqliteClient(empty).close();
    expect((await run('key', 'list', empty, 'ann')).err).to.include('securest sql migrate');
    const redis = await run('key', 'list', 'redis://:hunter2@127.0.0.1:1', 'ann');
    expect(redis.code).to.equal(2);
    expect(redis.err).to.not.include('hunter2');
    for (const url of ['ftp://x', 'redis://a b'])
      expect((await run('key', 'list', url, 'ann')).code).to.equal(2);
  });

  it('counts for the app as a key that the user made', async () => {
    const key = (await add('ben')).out.trim();
    const ben = new Authentication({ username: 'ben' });
    await inState(async (state) => {
      const keys = new ApiKeys({ state, prefix: 'notes' });
      expect(await keys.list(ben)).to.have.length(1);
      expect(await keys.revoke(ben, key.slice(6, 22))).to.be.true;
    });
    expect((await run('key', 'list', database, 'ben')).out).to.equal('');
  });
});
