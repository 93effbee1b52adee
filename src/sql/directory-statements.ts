import { userRecords } from './own-statements';
import type { Dialect } from './schema';

/** How a dialect takes a list of JSON apart. `$1` is the list, `item` what is in it. */
interface JsonList {
  readonly items: string;
  readonly text: (name: string) => string;
  readonly flag: (name: string) => string;
  readonly time: (name: string) => string;
  readonly whole: string;
  readonly pair: readonly [string, string];
}

const LISTS: Readonly<Record<Dialect, JsonList>> = {
  postgres: {
    items: 'json_array_elements($1::json) AS list(item)',
    text: (name) => `item->>'${name}'`,
    flag: (name) => `(item->>'${name}')::boolean`,
    time: (name) => `(item->>'${name}')::timestamptz`,
    whole: "item#>>'{}'",
    pair: ['item->>0', 'item->>1'],
  },
  sqlite: {
    items: 'json_each($1)',
    text: (name) => `json_extract(value, '$.${name}')`,
    flag: (name) => `json_extract(value, '$.${name}')`,
    time: (name) => `json_extract(value, '$.${name}')`,
    whole: 'value',
    pair: ["json_extract(value, '$[0]')", "json_extract(value, '$[1]')"],
  },
};

/** What a {@link SqlUserDirectory} asks with. Lists come as one parameter of JSON, however long they are. */
export interface DirectoryStatements {
  readonly begin: string;
  /** `$1`: the name. Nobody else changes the user until the transaction ends. */
  readonly lock: string;
  /** `$1`: the name. */
  readonly get: string;
  /** `$1`: the last name of the page before, `$2`: how many. */
  readonly page: string;
  /** `$1`: a list of names. Answers with those that exist. */
  readonly existing: string;
  readonly groups: string;
  /** `$1`: a list of users. Answers with those that were added. */
  readonly add: string;
  /** `$1`: the name, then password, email, active and tokens valid from. */
  readonly update: string;
  readonly roles: Membership;
  readonly memberships: Membership;
}

interface Membership {
  /** `$1`: the name of the user. */
  readonly clear: string;
  /** `$1`: a list of pairs of user and role or group. */
  readonly add: string;
}

export function directoryStatements(dialect: Dialect): DirectoryStatements {
  const { items, text, flag, time, whole, pair } = LISTS[dialect];
  const isSqlite = dialect === 'sqlite';
  const users = userRecords(dialect);
  const membership = (table: string, columns: string): Membership => ({
    clear: `DELETE FROM ${table} WHERE username = $1`,
    add: `INSERT INTO ${table} (${columns}) SELECT ${pair.join(', ')} FROM ${items}`,
  });
  return {
    begin: isSqlite ? 'BEGIN IMMEDIATE' : 'BEGIN',
    lock: `SELECT username FROM securest_users WHERE username = $1${isSqlite ? '' : ' FOR UPDATE'}`,
    get: `${users} WHERE u.username = $1`,
    page: `${users} WHERE u.username > $1 ORDER BY u.username LIMIT $2`,
    existing: `SELECT username FROM securest_users WHERE username IN (SELECT ${whole} FROM ${items})`,
    groups: 'SELECT name FROM securest_groups',
    // "WHERE true" tells SQLite that ON does not begin the condition of a join.
    add: `INSERT INTO securest_users (username, password, email, active, tokens_valid_from)
    SELECT ${text('username')}, ${text('password')}, ${text('email')}, ${flag('active')}, ${time('tokensValidFrom')}
    FROM ${items} WHERE true ON CONFLICT DO NOTHING RETURNING username`,
    update: `UPDATE securest_users SET password = $2, email = $3, active = $4, tokens_valid_from = $5
    WHERE username = $1`,
    roles: membership('securest_user_roles', 'username, role'),
    memberships: membership('securest_memberships', 'username, group_name'),
  };
}
