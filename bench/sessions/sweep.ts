/** How a million ended rows leave SQLite and PostgreSQL: the time of each batch, and of others' writes meanwhile. */
import { migrate, type SqlClient, SqlState } from '../../src/sql';
import { stateStatements } from '../../src/sql/state-statements';
import { onDatabases } from '../databases';
import { figureOf } from '../request/statistics';

const ROWS = 1_000_000;
const BATCHES = 100;
/** As long as the row of a session. */
const VALUE = '-'.repeat(480);

async function measure(name: string, client: SqlClient): Promise<void> {
  await migrate(client);
  const dialect = client.dialect === 'sqlite' ? 'sqlite' : 'postgres';
  const rows =
    dialect === 'sqlite'
      ? `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${String(ROWS)})`
      : `WITH n AS (SELECT generate_series(1, ${String(ROWS)}) AS i)`;
  await client.query(
    `INSERT INTO securest_state (id, value, owner, expires_ms) ${rows} SELECT 'ses:' || i, '${VALUE}', 'user' || i, i FROM n`,
    [],
  );
  const state = new SqlState({ client });
  const write = (index: number): Promise<boolean> =>
    state.set(`ses:new${String(index)}`, VALUE, undefined, new Date(Date.now() + 60_000), 'ann');
  const alone: number[] = [];
  for (let index = 0; index < BATCHES; index += 1) alone.push(await time(() => write(index)));
  const { sweep } = stateStatements(dialect);
  const [batches, beside]: [number[], number[]] = [[], []];
  for (let index = 0; index < BATCHES; index += 1) {
    const swept = time(() => client.query(sweep, [Date.now()]));
    beside.push(await time(() => write(BATCHES + index)));
    batches.push(await swept);
  }
  await state.close();
  console.log(
    `\n${name}, ${ROWS.toLocaleString('en')} ended rows: median (half lie between), longest, in ms`,
  );
  for (const [what, times] of Object.entries({
    'a write alone': alone,
    'a batch of the sweep': batches,
    'a write beside a batch': beside,
  })) {
    const { median, low, high } = figureOf(times);
    const text = `${median.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`;
    console.log(`${what.padEnd(24)} ${text.padEnd(26)} ${Math.max(...times).toFixed(2)}`);
  }
}

async function time(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

export function sweep(): Promise<void> {
  return onDatabases(measure);
}
