/** Each start updates the tables. The first start creates the demo users and stores their passwords. */
import { passwords } from 'securest';
import { migrate, type SqlClient } from 'securest/sql';
import { readSecrets } from '../notes/secrets';
import type { Demo } from '../notes/setup';
import { openDatabase } from './database';
import { makeNotesTable } from './notes-store';
import { SqlSettings } from './settings';

const ROLES = { admins: 'admin', editors: 'editor' };
const GROUPS = { admin: 'admins', editor: 'editors', former: 'editors' } as const;

export async function setup(folder: string): Promise<Demo<SqlSettings>> {
  const { tokenSecret, logins, firstStart } = await readSecrets(folder);
  const database = openDatabase(folder);
  await migrate(database);
  await makeNotesTable(database);
  for (const [group, role] of Object.entries(ROLES)) await addGroup(database, group, role);
  for (const [username, group] of Object.entries(GROUPS) as [keyof typeof GROUPS, string][]) {
    if ((await hashOf(database, username)) === undefined) {
      await addUser(database, username, logins[username], group);
    }
  }
  if (!(await passwords.verify(logins.admin, (await hashOf(database, 'admin')) ?? ''))) {
    throw new Error(`The database has an admin with another password than ${folder}: set NOTES_DATA`);
  }
  return { settings: new SqlSettings(folder, tokenSecret, database), logins, firstStart };
}

async function addGroup(database: SqlClient, group: string, role: string): Promise<void> {
  await database.query('INSERT INTO securest_groups (name) VALUES ($1) ON CONFLICT DO NOTHING', [group]);
  await database.query(
    'INSERT INTO securest_group_roles (group_name, role) VALUES ($1, $2) ON CONFLICT DO NOTHING',
    [group, role],
  );
}

async function hashOf(database: SqlClient, username: string): Promise<string | undefined> {
  const { rows } = await database.query('SELECT password FROM securest_users WHERE username = $1', [
    username,
  ]);
  return (rows as { password: string }[])[0]?.password;
}

async function addUser(database: SqlClient, name: string, password: string, group: string): Promise<void> {
  await database.query(
    `INSERT INTO securest_users (username, password, email, active) VALUES ($1, $2, $3, $4)
    ON CONFLICT DO NOTHING`,
    [name, await passwords.hash(password), `${name}@example.org`, name !== 'former'],
  );
  await database.query(
    'INSERT INTO securest_memberships (username, group_name) VALUES ($1, $2) ON CONFLICT DO NOTHING',
    [name, group],
  );
}
