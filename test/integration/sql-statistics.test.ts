import { expect } from 'chai';
import type { Pool } from 'pg';
import { migrate } from '../../src/sql/migrate';
import { ownStatements } from '../../src/sql/own-statements';
import { SqlUserstore } from '../../src/sql/sql-userstore';
import { describeWith } from './describe-with';
import { PostgresServer, whyNoPostgres } from './postgres-server';

interface Explained {
  readonly Plan: {
    readonly 'Total Cost': number;
    readonly 'Shared Hit Blocks': number;
    readonly 'Shared Read Blocks': number;
  };
  readonly JIT?: unknown;
}

describeWith(whyNoPostgres(), 'A lookup in PostgreSQL without statistics, after an import', () => {
  const server = new PostgresServer();
  let pool: Pool;

  before(async function () {
    this.timeout(120_000);
    await server.start();
    pool = server.pool({ max: 1 });
    await pool.query('ALTER SYSTEM SET autovacuum = off');
    await pool.query('SELECT pg_reload_conf()');
    await migrate(pool);
    // 10,000 users in 5 groups each; each group has a parent, and the parents a cycle.
    await pool.query(`INSERT INTO securest_groups SELECT 'g' || i FROM generate_series(0, 99) i;
      INSERT INTO securest_group_roles SELECT 'g' || i, 'r' || i FROM generate_series(0, 99) i;
      INSERT INTO securest_group_parents SELECT 'g' || i, 'g' || (i / 2 + 1) FROM generate_series(0, 99) i;
      INSERT INTO securest_users (username, password) SELECT 'u' || i, 'h' FROM generate_series(0, 9999) i;
      INSERT INTO securest_user_roles SELECT 'u' || i, 'r' || (i % 10) FROM generate_series(0, 9999) i;
      INSERT INTO securest_memberships
        SELECT 'u' || i, 'g' || ((i + j) % 100) FROM generate_series(0, 9999) i, generate_series(0, 4) j`);
  });
  after(async () => {
    await pool.end();
    await server.remove();
  });

  const explain = async (): Promise<Explained> => {
    await pool.query(`PREPARE lookup(text) AS ${ownStatements('postgres').getUser}`);
    try {
      const sql = `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE lookup('u77')`;
      // The second time: the first reads the catalogue.
      await pool.query(sql);
      const { rows } = await pool.query<{ 'QUERY PLAN': Explained[] }>(sql);
      return rows[0]!['QUERY PLAN'][0]!;
    } finally {
      await pool.query('DEALLOCATE lookup');
    }
  };
  const blocks = ({ Plan }: Explained): number => Plan['Shared Hit Blocks'] + Plan['Shared Read Blocks'];

  it('is not compiled, and reads what it reads with statistics', async function () {
    this.timeout(120_000);
    const { rows } = await pool.query('SHOW jit');
    expect(rows).to.deep.equal([{ jit: 'on' }]);
    const fresh = await explain();
    expect(fresh).to.not.have.property('JIT');
    // A tenth of where PostgreSQL compiles a statement.
    expect(fresh.Plan['Total Cost']).to.be.below(10_000);
    await pool.query('ANALYZE');
    const analysed = await explain();
    expect(blocks(fresh)).to.be.at.most(2 * blocks(analysed));
    expect(analysed).to.not.have.property('JIT');
  });

  it('finds each group on the way up once', async () => {
    const store = new SqlUserstore({ client: pool });
    const user = (await store.getUser('u77'))!;
    const seen = new Set<string>();
    for (const waiting = [...user.groups!]; waiting.length > 0;) {
      const name = waiting.pop()!;
      if (seen.has(name)) continue;
      seen.add(name);
      const group = await store.getGroup!(name, user);
      expect(group?.roles).to.deep.equal([`r${name.slice(1)}`]);
      waiting.push(...(group?.groups ?? []));
    }
    expect([...seen].sort()).to.deep.equal(
      [
        'g77',
        'g78',
        'g79',
        'g80',
        'g81',
        'g39',
        'g40',
        'g41',
        'g20',
        'g21',
        'g11',
        'g6',
        'g4',
        'g3',
        'g2',
      ].sort(),
    );
    expect(await store.getGroup!('g99', user)).to.equal(null);
  });
});
