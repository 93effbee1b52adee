import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ConfigurationError } from '../../../src/errors';
import { loadOptional } from '../../../src/sql/load-optional';
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

  it('B7: rejects a text with a NUL, which would be cut there', async () => {
    const error: unknown = await client.query('SELECT $1', ['alice\0x']).catch((thrown: unknown) => thrown);
    expect(error).to.be.an.instanceOf(RangeError);
  });

  it('rejects, and never throws, what is no SQL', async () => {
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

  it('refuses a file that cannot be opened, and what is no path', () => {
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
