/**
 * What loading a user costs with 10 and with 1,000,000 users in securest's own tables, in SQLite and in a
 * PostgreSQL of its own where that is installed. Prints medians of one run; it asserts nothing.
 */
import { migrate, type SqlClient, SqlUserstore } from '../src/sql';
import { onDatabases } from './databases';

const COUNTS = [10, 1_000_000];
const LOOKUPS = 2000;

/** Every user has a role of its own and is in one of ten groups, which are all in one parent. */
async function grow(client: SqlClient, from: number, to: number): Promise<void> {
  const numbers =
    client.dialect === 'sqlite'
      ? `WITH RECURSIVE n(i) AS (SELECT ${from} UNION ALL SELECT i + 1 FROM n WHERE i < ${to - 1})`
      : `WITH n AS (SELECT generate_series(${from}, ${to - 1}) AS i)`;
  await client.query(
    `INSERT INTO securest_users (username, password) ${numbers} SELECT 'user' || i, 'hash' FROM n`,
    [],
  );
  await client.query(`INSERT INTO securest_user_roles ${numbers} SELECT 'user' || i, 'reader' FROM n`, []);
  await client.query(
    `INSERT INTO securest_memberships ${numbers} SELECT 'user' || i, 'group' || (i % 10) FROM n`,
    [],
  );
  if (client.dialect !== 'sqlite') await client.query('ANALYZE', []);
}

async function groups(client: SqlClient): Promise<void> {
  await client.query("INSERT INTO securest_groups VALUES ('everyone')", []);
  for (let index = 0; index < 10; index++) {
    await client.query('INSERT INTO securest_groups VALUES ($1)', [`group${index}`]);
    await client.query("INSERT INTO securest_group_parents VALUES ($1, 'everyone')", [`group${index}`]);
  }
}

/** The median of microseconds a lookup, one after the other. */
async function microseconds(store: SqlUserstore, users: number): Promise<number> {
  const spent: number[] = [];
  for (let index = 0; index < LOOKUPS; index++) {
    const name = `user${(index * 7919) % users}`;
    const start = process.hrtime.bigint();
    if ((await store.getUser(name))?.username !== name) throw new Error(`${name} is not found`);
    spent.push(Number(process.hrtime.bigint() - start) / 1000);
  }
  return spent.sort((a, b) => a - b)[LOOKUPS / 2] ?? NaN;
}

async function measure(name: string, client: SqlClient): Promise<void> {
  await migrate(client);
  await groups(client);
  const store = new SqlUserstore({ client });
  let users = 0;
  const medians: number[] = [];
  for (const count of COUNTS) {
    await grow(client, users, count);
    users = count;
    await microseconds(store, users);
    const median = await microseconds(store, users);
    medians.push(median);
    console.log(`${name.padEnd(10)} ${String(count).padStart(9)} users: ${median.toFixed(0)} us a lookup`);
  }
  const [few = NaN, many = NaN] = medians;
  console.log(`${name.padEnd(10)} ratio ${(many / few).toFixed(2)}`);
}

void onDatabases(measure);
