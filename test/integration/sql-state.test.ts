import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ServiceUnavailableError } from '../../src/errors';
import { MysqlClient, migrate, SqlFactors, SqliteClient, SqlRevocationLog, SqlState } from '../../src/sql';
import type { DatabaseClient, SqlClient } from '../../src/sql';
import { logStatements } from '../../src/sql/log-statements';
import { stateStatements } from '../../src/sql/state-statements';
import { factorStoreContract, revocationLogContract, stateStoreContract } from '../../src/testing';
import { describeWith } from './describe-with';
import { MariadbServer, whyNoMariadb } from './mariadb-server';
import { PostgresServer, STRICT, whyNoPostgres } from './postgres-server';
import { raceInProcesses } from './sql-state-race';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

interface Ground {
  /** As an app gives it. */
  readonly client: () => DatabaseClient;
  /** To look into the tables with. */
  readonly sql: () => SqlClient;
  /** What a process of its own connects to. */
  readonly target: () => string;
}

function describeState(name: string, { client, sql, target }: Ground): void {
  const states: SqlState[] = [];
  const make = (clock?: () => number): SqlState => {
    const state = new SqlState({ client: client(), ...(clock && { clock }) });
    states.push(state);
    return state;
  };
  const clear = async (): Promise<void> => {
    await sql().query('DELETE FROM securest_state', []);
    await sql().query('DELETE FROM securest_revocations', []);
  };
  before(async () => {
    await migrate(client());
  });
  afterEach(async () => {
    await Promise.all(states.splice(0).map((state) => state.close()));
  });

  stateStoreContract({ time: 'given', make: ({ clock }) => make(clock) });
  factorStoreContract({ make: () => new SqlFactors({ client: client() }) });
  revocationLogContract({
    make: () => make().revocationLog,
    empty: () => sql().query('DELETE FROM securest_revocations', []),
  });

  it(`lets one of two processes win each swap in ${name}`, async function () {
    this.timeout(60_000);
    const wins = await raceInProcesses(target(), 2, 5);
    expect(wins.map((round) => round.length)).to.deep.equal([1, 1, 1, 1, 1]);
  });

  it(`gives an entry whose number is before the cursor in ${name}`, async () => {
    await clear();
    const log = new SqlRevocationLog({ client: client() });
    const until = Date.now() + DAY_MS;
    await log.append([1, 2, 3].map((id) => ({ id: String(id).padStart(16, '0'), until })));
    const { rows } = await sql().query('SELECT seq FROM securest_revocations ORDER BY seq', []);
    const late = (rows as { seq: unknown }[])[1]?.seq;
    await sql().query('DELETE FROM securest_revocations WHERE seq = $1', [late]);
    const { cursor, list } = await log.read();
    expect(list.map(({ id }) => Number(id))).to.deep.equal([1, 3]);
    await sql().query(
      `INSERT INTO securest_revocations (seq, id, expires_ms) ${name === 'PostgreSQL' ? 'OVERRIDING SYSTEM VALUE' : ''}
       VALUES ($1, '0000000000000002', $2)`,
      [late, until],
    );
    const page = await log.read(cursor);
    expect(page.list.map(({ id }) => Number(id))).to.deep.equal([1, 2, 3]);
    expect([page.cursor, page.lost]).to.deep.equal([cursor, undefined]);
    await log.close();
  });

  it(`says that entries are lost where the one of the cursor is gone in ${name}, and begins anew`, async () => {
    await clear();
    const log = new SqlRevocationLog({ client: client() });
    const until = Date.now() + DAY_MS;
    await log.append([1, 2].map((id) => ({ id: String(id).padStart(16, '0'), until })));
    const { cursor } = await log.read();
    await sql().query("DELETE FROM securest_revocations WHERE id = '0000000000000002'", []);
    expect(await log.read(cursor)).to.deep.include({ lost: true, list: [{ id: '0000000000000001', until }] });
    for (const other of ['', 'x', '-1', '1 ', '0x1', '99999999999999999']) {
      expect(await log.read(other), other).to.include({ lost: true });
    }
    await log.close();
  });

  it(`sweeps a thousand ended rows at once in ${name}, and no live one`, async () => {
    await clear();
    const now = Date.now();
    const dialect = sql().dialect ?? 'postgres';
    const state = make(() => now);
    for (let at = 0; at < 1100; at += 1) {
      await sql().query(
        `INSERT INTO securest_state (id, value, expires_ms) VALUES ('ended:${String(at)}', '{}', ${String(now)})`,
        [],
      );
    }
    expect(await state.set('live', '{"v":1}', undefined, new Date(now + 1))).to.equal(true);
    const left = async (): Promise<number> => {
      const { rows } = await sql().query('SELECT count(*) AS rest FROM securest_state', []);
      return Number((rows as { rest: unknown }[])[0]?.rest);
    };
    const { sweep } = stateStatements(dialect);
    await sql().query(sweep, [now]);
    expect(await left()).to.equal(101);
    await sql().query(sweep, [now]);
    await sql().query(sweep, [now]);
    expect(await left()).to.equal(1);
    expect(await state.get('live')).to.equal('{"v":1}');
  });

  it(`keeps revocations an hour past their end in ${name}, and the newest for good`, async () => {
    await clear();
    const log = new SqlRevocationLog({ client: client() });
    const now = Date.now();
    const ends = [now - HOUR_MS - 1, now - HOUR_MS, now - HOUR_MS + 1, now - DAY_MS];
    await log.append(ends.map((until, at) => ({ id: String(at).padStart(16, '0'), until })));
    const { cursor } = await log.read();
    const { sweep } = logStatements(sql().dialect ?? 'postgres');
    for (let round = 0; round < 2; round += 1) await sql().query(sweep, [now]);
    const page = await log.read(cursor);
    expect(page.list.map(({ until }) => until)).to.deep.equal([ends[2], ends[3]]);
    expect(page.lost).to.equal(undefined);
    await log.close();
  });

  it(`refuses a row that no version of it wrote in ${name}`, async () => {
    await clear();
    const log = new SqlRevocationLog({ client: client() });
    await sql().query("INSERT INTO securest_revocations (id, expires_ms) VALUES ('no id', 1)", []);
    const error: unknown = await log.read().catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(ServiceUnavailableError);
    await clear();
    await log.close();
  });

  it(`names the command where the tables are missing in ${name}`, async () => {
    await sql().query('ALTER TABLE securest_state RENAME TO securest_elsewhere', []);
    const error: unknown = await Promise.resolve(make().get('key')).catch((reason: unknown) => reason);
    await sql().query('ALTER TABLE securest_elsewhere RENAME TO securest_state', []);
    expect(String(error)).to.include('securest sql migrate');
    expect(error).to.not.be.instanceOf(ServiceUnavailableError);
  });
}

describe('SqlState in SQLite', () => {
  const folder = mkdtempSync(join(tmpdir(), 'securest-state-'));
  const path = join(folder, 'state.db');
  let open: SqliteClient | undefined;
  const client = (): SqliteClient => (open ??= new SqliteClient(path));
  after(() => {
    open?.close();
    rmSync(folder, { recursive: true });
  });
  describeState('SQLite', { client, sql: client, target: () => `sqlite:${path}` });
});

describeWith(whyNoPostgres(), 'SqlState in PostgreSQL', () => {
  const server = new PostgresServer();
  let pool: ReturnType<PostgresServer['pool']> | undefined;
  const client = () => (pool ??= server.pool());
  before(async function () {
    this.timeout(60_000);
    await server.start();
  });
  after(async () => {
    await pool?.end();
    await server.remove();
  });
  describeState('PostgreSQL', { client, sql: client, target: () => server.url });

  it('gives an entry of a transaction that commits after a later one', async () => {
    const state = new SqlState({ client: client() });
    const log = state.revocationLog;
    const until = Date.now() + DAY_MS;
    const slow = await client().connect();
    await slow.query('BEGIN');
    await slow.query(
      `INSERT INTO securest_revocations (id, expires_ms) VALUES ('00000000000000aa', ${String(until)})`,
    );
    await log.append([{ id: '00000000000000bb', until }]);
    const first = await log.read();
    expect(first.list.map(({ id }) => id))
      .to.include('00000000000000bb')
      .and.not.include('00000000000000aa');
    await slow.query('COMMIT');
    slow.release();
    const second = await log.read(first.cursor);
    expect(second.list.map(({ id }) => id)).to.include('00000000000000aa');
    await state.close();
  });

  it('sweeps around rows that a transaction holds, without waiting for it', async () => {
    const now = Date.now();
    await client().query('DELETE FROM securest_state');
    await client().query(
      `INSERT INTO securest_state (id, value, expires_ms) VALUES ('held', '{}', 1), ('free', '{}', 2)`,
    );
    const slow = await client().connect();
    await slow.query("BEGIN; SELECT 1 FROM securest_state WHERE id = 'held' FOR UPDATE");
    const { rows } = await client().query(stateStatements('postgres').sweep, [now]);
    expect(rows).to.have.length(1);
    await slow.query('ROLLBACK');
    slow.release();
    const left = await client().query<{ id: string }>('SELECT id FROM securest_state');
    expect(left.rows).to.deep.equal([{ id: 'held' }]);
  });

  it('is 503 within its limit while the server is frozen or gone, and goes on after it', async function () {
    this.timeout(60_000);
    const strict = server.pool(STRICT);
    const state = new SqlState({ client: strict });
    const end = new Date(Date.now() + DAY_MS);
    expect(await state.set('out', '{"v":1,"n":0}', undefined, end)).to.equal(true);
    const calls = (): Promise<unknown>[] => [
      state.get('out'),
      state.set('out', '{"v":1,"n":9}', '{"v":1,"n":8}', end),
      state.list('someone'),
      state.revocationLog.read(),
      state.revocationLog.append([{ id: '0'.repeat(16), until: end.getTime() }]),
    ];
    const refused = async (): Promise<void> => {
      const errors = await Promise.all(calls().map((call) => call.catch((error: unknown) => error)));
      for (const error of errors) expect(error).to.be.instanceOf(ServiceUnavailableError);
    };
    server.freeze();
    try {
      await refused();
    } finally {
      server.thaw();
    }
    const recovered = async (): Promise<void> => {
      for (;;) if ((await state.get('out').catch(() => undefined)) === '{"v":1,"n":0}') return;
    };
    await recovered();
    await server.stop();
    await refused();
    await server.start();
    await recovered();
    expect(await state.set('out', '{"v":1,"n":1}', '{"v":1,"n":0}', end)).to.equal(true);
    await state.close();
    await strict.end();
  });
});

describeWith(whyNoMariadb(), 'SqlState in MariaDB', () => {
  const server = new MariadbServer();
  let pool: ReturnType<MariadbServer['pool']> | undefined;
  const client = () => (pool ??= server.pool());
  let own: MysqlClient | undefined;
  before(async function () {
    this.timeout(60_000);
    await server.start();
  });
  after(async () => {
    await pool?.end();
    await server.remove();
  });
  describeState('MariaDB', {
    client,
    sql: () => (own ??= new MysqlClient(client(), { timeoutMs: 10_000 })),
    target: () => server.url,
  });

  it('writes whole texts also where the server would cut them off', async () => {
    const lenient = server.pool({ connectionLimit: 1 });
    await lenient.query("SET SESSION sql_mode = ''");
    const state = new SqlState({ client: lenient });
    const value = JSON.stringify({ v: 1, text: '\u{1f511}'.repeat(16_000) });
    expect(await state.set('whole', value, undefined, new Date(Date.now() + DAY_MS), '\u{1f511}')).to.equal(
      true,
    );
    expect(await state.get('whole')).to.equal(value);
    expect(await state.list('\u{1f511}')).to.deep.equal([['whole', value]]);
    await state.close();
    await lenient.end();
  });
});
