import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { SqliteClient } from '../../../src/sql/sqlite-client';

/** Takes the lock at each line of its input, and gives it back at the next. */
const HOLDER = `
  const Database = require(${JSON.stringify(require.resolve('libsql'))});
  const database = new Database(process.argv[1], { timeout: 5000 });
  let holds = false;
  require('node:readline').createInterface({ input: process.stdin }).on('line', (statements) => {
    holds = !holds;
    database.exec(holds ? 'BEGIN ' + statements : 'COMMIT');
    console.log(holds);
  });`;

describe('A write of SqliteClient', () => {
  let folder: string;
  let path: string;
  let client: SqliteClient;
  let holder: ChildProcess;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'securest-sqlite-'));
    path = join(folder, 'users.db');
    client = new SqliteClient(path);
    await client.query('CREATE TABLE marks (mark PRIMARY KEY)', []);
    holder = spawn(process.execPath, ['-e', HOLDER, path], { stdio: ['pipe', 'pipe', 'inherit'] });
  });
  afterEach(async () => {
    holder.stdin?.end();
    if (holder.exitCode === null) await once(holder, 'exit');
    client.close();
    rmSync(folder, { recursive: true });
  });

  const toggle = async (mode = 'IMMEDIATE'): Promise<void> => {
    holder.stdin?.write(`${mode}\n`);
    await once(holder.stdout!, 'data');
  };
  const write = (mark: unknown, comment = ''): Promise<unknown> =>
    client.query(`${comment}INSERT INTO marks VALUES ($1) RETURNING mark`, [mark]).then(
      ({ rows }) => (rows[0] as { mark: unknown }).mark,
      (error: unknown) => (error as { code?: unknown }).code,
    );
  /** What somebody else finds on the disk. */
  const stored = async (): Promise<unknown[]> => {
    const other = new SqliteClient(path);
    try {
      // Fails while a lock is held.
      await other.query('CREATE TABLE IF NOT EXISTS others (x)', []);
      const { rows } = await other.query('SELECT mark FROM marks ORDER BY rowid', []);
      return rows.map((row) => (row as { mark: unknown }).mark);
    } finally {
      other.close();
    }
  };

  it('is stored if and only if it was answered, while a second process takes the lock', async function () {
    this.timeout(20_000);
    const acknowledged: unknown[] = [];
    for (let round = 0; round < 12; round++) {
      const isHeld = round % 3 === 1;
      if (isHeld) await toggle();
      for (const mark of [`${String(round)}a`, `${String(round)}b`]) {
        // Another statement each time: asked again, one that was left in progress would begin anew.
        const answer = await write(mark, `/* ${mark} */`);
        expect(answer).to.equal(isHeld ? 'SQLITE_BUSY' : mark);
        if (!isHeld) acknowledged.push(mark);
      }
      if (isHeld) await toggle();
      else expect(await stored(), `round ${String(round)}`).to.deep.equal(acknowledged);
    }
    expect(acknowledged).to.have.length(16);
  });

  it('is stored after reads that found the file locked', async () => {
    await client.query('PRAGMA journal_mode = DELETE', []);
    await toggle('EXCLUSIVE');
    for (const sql of [
      'SELECT * FROM marks',
      'PRAGMA user_version = 3',
      'WITH a AS (SELECT 1) SELECT * FROM a, marks',
    ]) {
      const error: unknown = await client.query(sql, []).catch((thrown: unknown) => thrown);
      expect(error, sql).to.have.property('code', 'SQLITE_BUSY');
    }
    await toggle();
    expect(await write('a')).to.equal('a');
    expect(await stored()).to.deep.equal(['a']);
  });

  for (const begin of ['BEGIN IMMEDIATE', '/* a\n * b */ -- c\n begin immediate']) {
    it(`is stored after ${JSON.stringify(begin)} found the file locked`, async () => {
      await toggle();
      const error: unknown = await client.query(begin, []).catch((thrown: unknown) => thrown);
      expect(error).to.have.property('code', 'SQLITE_BUSY');
      await toggle();
      await client.query(begin, []);
      expect(await write('a')).to.equal('a');
      expect(await stored().catch((thrown: unknown) => (thrown as { code?: unknown }).code)).to.equal(
        'SQLITE_BUSY',
      );
      await client.query('COMMIT', []);
      expect(await write('b')).to.equal('b');
      expect(await stored()).to.deep.equal(['a', 'b']);
    });
  }

  it('in a transaction that began as a read is undone with it when another was faster', async () => {
    await client.query('BEGIN', []);
    await client.query('SELECT * FROM marks', []);
    await toggle();
    await toggle();
    const other = new SqliteClient(path);
    await other.query("INSERT INTO marks VALUES ('other')", []);
    other.close();
    expect(await write('a')).to.match(/BUSY|517/);
    await client.query('ROLLBACK', []);
    expect(await write('b')).to.equal('b');
    expect(await stored()).to.deep.equal(['other', 'b']);
  });

  it('that breaks a rule leaves nothing open, and is not stored', async () => {
    expect(await write('a')).to.equal('a');
    expect(await write('a')).to.equal('SQLITE_CONSTRAINT_PRIMARYKEY');
    expect(await stored()).to.deep.equal(['a']);
    expect(await write('b')).to.equal('b');
    expect(await stored()).to.deep.equal(['a', 'b']);
  });

  for (const sql of [
    'INSERT INTO marks VALUES ($1)',
    'replace into marks values ($1)',
    'WITH one AS (SELECT $1 AS mark) INSERT INTO marks SELECT mark FROM one',
    '-- select\n/* select */ INSERT INTO marks VALUES ($1)',
  ]) {
    it(`is on the disk at once by ${JSON.stringify(sql)}`, async () => {
      await client.query(sql, ['a']);
      expect(await stored()).to.deep.equal(['a']);
    });
  }

  it('names the full disk, whatever comes of ROLLBACK', async () => {
    const { rows } = await client.query('PRAGMA page_count', []);
    const pages = (rows[0] as { page_count: number }).page_count;
    for (const run of [
      () =>
        Promise.resolve().then(() => {
          client.transaction((each) => {
            each('INSERT INTO marks VALUES (zeroblob(100000))');
          });
        }),
      () => client.query('INSERT INTO marks VALUES (zeroblob(100000)) RETURNING 1', []),
    ]) {
      await client.query(`PRAGMA max_page_count = ${String(pages)}`, []);
      const error: unknown = await run().catch((thrown: unknown) => thrown);
      expect(error).to.have.property('code', 'SQLITE_FULL');
    }
    expect(await write('a')).to.equal('a');
    expect(await stored()).to.deep.equal(['a']);
  });

  it('binds whole numbers as integers, and refuses what the driver would change', async () => {
    for (const [value, type] of [
      [7, 'integer'],
      [-7, 'integer'],
      [0, 'integer'],
      [2 ** 53, 'integer'],
      [true, 'integer'],
      [7n, 'integer'],
      [0.5, 'real'],
      [1e300, 'real'],
      [-(2 ** 63), 'real'],
      ['7', 'text'],
      [new Date(0), 'text'],
      [Buffer.from('7'), 'blob'],
      [null, 'null'],
      [undefined, 'null'],
    ] as const) {
      const { rows } = await client.query('SELECT typeof($1) AS type', [value]);
      expect(rows, String(value)).to.deep.equal([{ type }]);
    }
    await client.query('CREATE TABLE texts (it text)', []);
    await client.query('INSERT INTO texts VALUES ($1)', [7]);
    expect((await client.query('SELECT it FROM texts', [])).rows).to.deep.equal([{ it: '7' }]);
    for (const value of ['a\0b', 'a\ud800', 2n ** 63n, {}, [], Symbol('a'), () => 1, new Date(Number.NaN)]) {
      const error: unknown = await client.query('SELECT $1', [value]).catch((thrown: unknown) => thrown);
      expect(error, typeof value).to.satisfy(
        (thrown: unknown) => thrown instanceof RangeError || thrown instanceof TypeError,
      );
    }
  });
});
