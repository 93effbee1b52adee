import { execFile } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { ServiceUnavailableError } from '../../../src/errors';
import { SqlUserstore } from '../../../src/sql/sql-userstore';
import { SqliteClient } from '../../../src/sql/sqlite-client';
import { compiled } from '../../support/compiled';

const TABLE = { name: 'people', username: 'login', password: 'hash' };

describe('The file of a SqliteClient', () => {
  let folder: string;
  let path: string;
  const clients: SqliteClient[] = [];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'securest-sqlite-'));
    path = join(folder, 'a ?#%41 b.db');
  });
  afterEach(() => {
    for (const client of clients.splice(0)) client.close();
    chmodSync(folder, 0o755);
    rmSync(folder, { recursive: true });
  });

  const open = (file = path): SqliteClient => {
    const client = new SqliteClient(file);
    clients.push(client);
    return client;
  };
  /** Makes a file with one user, whole, without a log. */
  const make = async (name: string, hash: string, mode = 'WAL'): Promise<string> => {
    const [draft, file] = [join(folder, 'draft'), join(folder, name)];
    rmSync(draft, { force: true });
    const client = open(draft);
    await client.query('CREATE TABLE people (login TEXT PRIMARY KEY, hash TEXT)', []);
    await client.query('INSERT INTO people VALUES ($1, $2)', ['ann', hash]);
    await client.query(`VACUUM INTO '${file}'`, []);
    const made = open(file);
    await made.query(`PRAGMA journal_mode = ${mode}`, []);
    for (const each of clients.splice(-2)) each.close();
    for (const end of ['-wal', '-shm']) rmSync(file + end, { force: true });
    return file;
  };
  const hashOf = async (client: SqliteClient): Promise<string | null | undefined> =>
    (await new SqlUserstore({ client, table: TABLE }).getUser('ann'))?.password;
  const codeOf = (work: Promise<unknown>): Promise<unknown> =>
    work.then(
      () => 'nothing was thrown',
      (error: unknown) => (error as { code?: unknown }).code,
    );

  describe('when another takes its place', () => {
    it('is the other one, with what was read and written before and after', async () => {
      renameSync(await make('first', 'old'), path);
      const client = open();
      expect(await hashOf(client)).to.equal('old');
      for (const [name, hash] of [
        ['second', 'restored'],
        ['third', 'again'],
      ] as const) {
        await client.query("UPDATE people SET hash = 'changed'", []);
        expect(await hashOf(client)).to.equal('changed');
        renameSync(await make(name, hash), path);
        expect(await hashOf(client)).to.equal(hash);
        expect(await hashOf(open())).to.equal(hash);
        await client.query("UPDATE people SET hash = 'written'", []);
        expect(await hashOf(open())).to.equal('written');
        expect((await client.query('PRAGMA integrity_check', [])).rows).to.deep.equal([
          { integrity_check: 'ok' },
        ]);
      }
    });

    it('is the other one for each client that had it open, and for writes and transactions', async () => {
      renameSync(await make('first', 'old'), path);
      const [one, two, three] = [open(), open(), open()];
      for (const client of [one, two, three]) expect(await hashOf(client)).to.equal('old');
      await one.query("UPDATE people SET hash = 'changed'", []);
      renameSync(await make('second', 'restored'), path);
      await two.query("INSERT INTO people VALUES ('bob', 'two')", []);
      three.transaction((run) => {
        run("INSERT INTO people VALUES ('eve', 'three')");
      });
      for (const client of [one, two, three, open()]) {
        expect((await client.query('SELECT hash FROM people ORDER BY login', [])).rows).to.deep.equal([
          { hash: 'restored' },
          { hash: 'two' },
          { hash: 'three' },
        ]);
      }
    });

    it('keeps what was written last, where it was moved away', async () => {
      renameSync(await make('first', 'old'), path);
      const client = open();
      await client.query("UPDATE people SET hash = 'changed'", []);
      const away = join(folder, 'away.db');
      renameSync(path, away);
      renameSync(await make('second', 'restored'), path);
      expect(await hashOf(client)).to.equal('restored');
      expect(await hashOf(open(away))).to.equal('changed');
    });

    it('is not left in the middle of a transaction', async () => {
      renameSync(await make('first', 'old'), path);
      const client = open();
      await client.query('BEGIN IMMEDIATE', []);
      await client.query("UPDATE people SET hash = 'changed'", []);
      renameSync(await make('second', 'restored'), path);
      expect(await hashOf(client)).to.equal('changed');
      await client.query('COMMIT', []);
      expect(await hashOf(client)).to.equal('restored');
    });

    it('is unavailable while there is none, or one that is no database, and is never made', async () => {
      renameSync(await make('first', 'old'), path);
      const client = open();
      const store = new SqlUserstore({ client, table: TABLE });
      expect(await store.getUser('ann')).to.not.equal(null);
      rmSync(path);
      for (const name of ['ann', 'ann', 'nobody']) {
        const error: unknown = await store.getUser(name).catch((thrown: unknown) => thrown);
        expect(error).to.be.an.instanceOf(ServiceUnavailableError);
      }
      expect(existsSync(path)).to.equal(false);
      writeFileSync(path, 'no database'.repeat(1000));
      expect(await codeOf(client.query('SELECT * FROM people', []))).to.equal('SQLITE_NOTADB');
      renameSync(await make('second', 'restored'), path);
      expect(await hashOf(client)).to.equal('restored');
    });
  });

  describe('that may only be read', () => {
    const NOBODY = 65_534;
    const isRoot = process.getuid?.() === 0;
    /** Root may write everywhere, so it becomes another user. */
    const become = (user: number): void => {
      if (isRoot) process.seteuid?.(user);
    };
    const protect = (ofFile = 0o444, ofFolder = 0o555): void => {
      chmodSync(path, ofFile);
      chmodSync(folder, ofFolder);
    };

    /** What a process that may not write finds. */
    const read = async (): Promise<string> => {
      const script = `
        if (process.getuid() === 0) process.setuid(65534);
        const { SqliteClient } = require(${JSON.stringify(compiled('src/sql/sqlite-client.ts'))});
        (async () => {
          const client = new SqliteClient(process.argv[1]);
          const said = [];
          for (const sql of ['SELECT hash FROM people', "UPDATE people SET hash = 'x'", 'SELECT hash FROM people'])
            said.push(await client.query(sql, []).then(({ rows }) => rows[0].hash, ({ code }) => code));
          console.log(said.join());
        })();`;
      const { stdout } = await promisify(execFile)(process.execPath, ['-e', script, path]);
      return stdout.trim();
    };

    for (const mode of ['WAL', 'DELETE']) {
      for (const rights of [0o755, 0o555, 0o777]) {
        it(`is read with the journal ${mode} in a folder of mode ${rights.toString(8)}`, async function () {
          this.timeout(30_000);
          renameSync(await make('first', 'old', mode), path);
          protect(0o444, rights);
          expect(await read()).to.match(/^old,\w*(?:READONLY|SQLITE_ERROR)\w*,old$/);
        });
      }
    }

    it('is read anew when it has changed', async () => {
      renameSync(await make('first', 'old'), path);
      protect();
      become(NOBODY);
      try {
        const client = open();
        expect(await hashOf(client)).to.equal('old');
        become(0);
        protect(0o644, 0o755);
        const other = open();
        await other.query("UPDATE people SET hash = 'changed'", []);
        await other.query('PRAGMA wal_checkpoint(TRUNCATE)', []);
        utimesSync(path, new Date(), new Date(4_000_000_000_000));
        protect();
        become(NOBODY);
        expect(await hashOf(client)).to.equal('changed');
      } finally {
        become(0);
      }
    });
  });

  it('is made for its owner alone, and not where there is no folder', () => {
    open();
    mkdirSync(join(folder, 'sub'));
    expect(() => open(join(folder, 'none', 'x.db'))).to.throw('cannot open');
  });
});
