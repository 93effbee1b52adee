/** Fills securest's own tables. */
import type { Group, User } from '../../src/core/user';
import type { SqlClient } from '../../src/sql/sql-client';

export async function fill(
  client: SqlClient,
  users: readonly User[],
  groups: readonly Group[],
): Promise<void> {
  const insert = (into: string, values: unknown[]): Promise<unknown> =>
    client.query(
      `INSERT INTO ${into} VALUES (${values.map((_, index) => `$${String(index + 1)}`).join(', ')})`,
      values,
    );
  for (const { name } of groups) await insert('securest_groups (name)', [name]);
  for (const { name, roles, groups: parents } of groups) {
    for (const role of roles ?? []) await insert('securest_group_roles (group_name, role)', [name, role]);
    for (const parent of parents ?? [])
      await insert('securest_group_parents (group_name, parent_name)', [name, parent]);
  }
  for (const { username, password, email, active, tokensValidFrom, roles, groups: memberships } of users) {
    await insert('securest_users (username, password, email, active, tokens_valid_from)', [
      ...[username, password ?? null, email ?? null, active ?? true],
      (client.dialect === 'mysql' ? tokensValidFrom : tokensValidFrom?.toISOString()) ?? null,
    ]);
    // A trigger gives every new user a time: it is as if the user were from before there was one.
    if (client.dialect === 'sqlite' && !tokensValidFrom) {
      await client.query('UPDATE securest_users SET tokens_valid_from = NULL WHERE username = $1', [
        username,
      ]);
    }
    for (const role of roles ?? []) await insert('securest_user_roles (username, role)', [username, role]);
    for (const group of memberships ?? [])
      await insert('securest_memberships (username, group_name)', [username, group]);
  }
}
