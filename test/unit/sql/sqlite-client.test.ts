import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ConfigurationError, ServiceUnavailableError } from '../../../src/errors';
import { loadOptional } from '../../../src/util/load-optional';
import { migrate } from '../../../src/sql/migrate';
import { SqlUserstore } from '../../../src/sql/sql-userstore';
import { SqliteClient } from '../../../src/sql/sqlite-client';

describe('SqliteClient', () => {
  let folder: string;
  let client: SqliteClient;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'securest-sqlite-'));
    client = new SqliteClient(join(folder, 'users.db'));
  });
  afterEach(() => {
    client.close();
    rmSync(folder, { recursive: true });
  });

  it('binds each parameter by its number, in whatever order they are named', async () => {
    const { rows } = await client.query('SELECT $2 AS b, $1 AS a, $2 AS c', ['one', 'two']);
    expect(rows).to.deep.equal([{ a: 'one', b: 'two', c: 'two' }]);
  });

  it('rejects a text with a NUL, which would be cut there', async () => {
    const error: unknown = await client.query('SELECT $1', ['alice\0x']).catch((thrown: unknown) => thrown);
    expect(error).to.be.an.instanceOf(RangeError);
  });

  it('rejects, and never throws, for invalid SQL', async () => {
    const error: unknown = await client.query('SELEC 1', []).catch((thrown: unknown) => thrown);
    expect(error).to.have.property('code', 'SQLITE_ERROR');
  });

  it('undoes a transaction whose work throws', async () => {
    const work = (): void => {
      client.transaction((run) => {
        run('CREATE TABLE gone (x)');
        throw new Error('not so');
      });
    };
    expect(work).to.throw('not so');
    expect((await client.query("SELECT name FROM sqlite_master WHERE name = 'gone'", [])).rows).to.deep.equal(
      [],
    );
  });

  it('reads while another process writes, answers a write with 503, and recovers', async () => {
    await migrate(client);
    await client.query("INSERT INTO securest_users (username, password) VALUES ('alice', 'old')", []);
    const store = new SqlUserstore({ client });
    const alice = { username: 'alice' };
    const other = new SqliteClient(join(folder, 'users.db'));
    try {
      await other.query('BEGIN IMMEDIATE', []);
      await other.query("UPDATE securest_users SET password = 'other'", []);
      for (let round = 0; round < 2; round++) {
        expect((await store.getUser('alice'))?.password).to.equal('old');
        const refused: unknown = await Promise.resolve(store.updatePassword?.(alice, 'new', 'old')).catch(
          (thrown: unknown) => thrown,
        );
        expect(refused).to.be.an.instanceOf(ServiceUnavailableError);
      }
      await other.query('COMMIT', []);
    } finally {
      other.close();
    }
    expect((await store.getUser('alice'))?.password).to.equal('other');
    expect(await store.updatePassword?.(alice, 'new', 'old')).to.equal(false);
    expect(await store.updatePassword?.(alice, 'new', 'other')).to.equal(true);
  });

  it('throws, and does not end the process, once it is closed', async () => {
    await migrate(client);
    const closed = new SqliteClient(join(folder, 'users.db'));
    const store = new SqlUserstore({ client: closed });
    expect(await store.getUser('alice')).to.equal(null);
    closed.close();
    const error: unknown = await store.getUser('alice').catch((thrown: unknown) => thrown);
    expect(error).to.be.an.instanceOf(Error);
  });

  it('refuses a file that cannot be opened, and a value that is not a path', () => {
    expect(() => new SqliteClient(join(folder, 'missing/users.db'))).to.throw(
      ConfigurationError,
      'cannot open',
    );
    expect(() => new SqliteClient('')).to.throw(ConfigurationError, 'path');
  });

  it('says of a missing package what needs it and how to install it', () => {
    expect(() => loadOptional('securest-is-not-installed', 'SqliteClient')).to.throw(
      ConfigurationError,
      'SqliteClient needs the package securest-is-not-installed: npm install securest-is-not-installed',
    );
  });
});
