import { strictUpdate, utcFrom } from './mysql-sql';
import { userRecords } from './own-statements';
import type { Dialect } from './schema';

/** How a dialect expands a JSON list. `$1` is the list, `item` an element. */
interface JsonList {
  readonly items: string;
  readonly text: (name: string) => string;
  readonly flag: (name: string) => string;
  readonly time: (name: string) => string;
  readonly whole: string;
  readonly pair: readonly [string, string];
}

/** The number of users on a page. */
export const PAGE = 1000;
const ITEMS = [
  ...['username', 'password', 'email'].map(
    (name) => `${name} LONGTEXT CHARACTER SET utf8mb4 PATH '$.${name}'`,
  ),
  "active INT PATH '$.active'",
  "since VARCHAR(40) PATH '$.tokensValidFrom'",
  "whole LONGTEXT CHARACTER SET utf8mb4 PATH '$'",
  "first LONGTEXT CHARACTER SET utf8mb4 PATH '$[0]'",
  "second LONGTEXT CHARACTER SET utf8mb4 PATH '$[1]'",
];

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
  mysql: {
    items: `JSON_TABLE($1, '$[*]' COLUMNS (${ITEMS.join(', ')})) AS list`,
    text: (name) => `list.${name}`,
    flag: (name) => `list.${name}`,
    time: () => "CAST(REPLACE(REPLACE(list.since, 'T', ' '), 'Z', '') AS DATETIME(3))",
    whole: 'list.whole',
    pair: ['list.first', 'list.second'],
  },
};

/** The statements of a {@link SqlUserDirectory}. A list of any length is one JSON parameter. */
export interface DirectoryStatements {
  /** In MySQL changes wait for each other, so each transaction sees everything committed before it. */
  readonly begin: readonly string[];
  /** `$1`: the name. No other transaction changes the user until this one ends. */
  readonly lock: string;
  /** `$1`: the name. */
  readonly get: string;
  /** `$1`: the last name on the previous page. */
  readonly page: string;
  /** `$1`: a list of names. Returns the names that exist. */
  readonly existing: string;
  readonly groups: string;
  /** `$1`: a list of users. Returns the added users, in MySQL nothing. */
  readonly add: string;
  /**
   * For MySQL, whose `add` fails for these names. `$1`: a list of names. Returns the names that differ from an existing
   * username only in case.
   */
  readonly twins?: string;
  /** `$1`: the name, then password, email, active and tokens valid from. */
  readonly update: string;
  /** `$1`: the name. If foreign keys are enforced, they also delete the user's roles and memberships. */
  readonly remove: string;
  readonly roles: Membership;
  readonly memberships: Membership;
}

interface Membership {
  /** `$1`: the name of the user. */
  readonly clear: string;
  /** `$1`: a list of pairs of a username and a role or group. */
  readonly add: string;
}

export function directoryStatements(dialect: Dialect): DirectoryStatements {
  const { items, text, flag, time, whole, pair } = LISTS[dialect];
  const isSqlite = dialect === 'sqlite';
  const isMysql = dialect === 'mysql';
  const users = userRecords(dialect);
  const membership = (table: string, columns: string): Membership => ({
    clear: `DELETE FROM ${table} WHERE username = $1`,
    add: `INSERT INTO ${table} (${columns}) SELECT ${pair.join(', ')} FROM ${items}`,
  });
  return {
    begin: isMysql
      ? ['START TRANSACTION', 'SELECT version FROM securest_migrations WHERE version = 1 FOR UPDATE']
      : [isSqlite ? 'BEGIN IMMEDIATE' : 'BEGIN'],
    lock: `SELECT username FROM securest_users WHERE username = $1${isSqlite ? '' : ' FOR UPDATE'}`,
    get: `${users} WHERE u.username = $1`,
    page: `${users} WHERE u.username > $1 ORDER BY u.username LIMIT ${String(PAGE)}`,
    existing: `SELECT username FROM securest_users WHERE username IN (SELECT ${whole} FROM ${items})`,
    groups: 'SELECT name FROM securest_groups',
    ...(isMysql && {
      twins: `SELECT list.whole AS username FROM ${items} JOIN securest_users u
      ON u.username_folded = LOWER(list.whole) AND u.username <> list.whole`,
    }),
    // "WHERE true" tells SQLite that ON does not begin the condition of a join.
    add: `INSERT INTO securest_users (username, password, email, active, tokens_valid_from)
    SELECT ${text('username')}, ${text('password')}, ${text('email')}, ${flag('active')}, ${time('tokensValidFrom')}
    FROM ${items}${isMysql ? '' : ' WHERE true ON CONFLICT DO NOTHING RETURNING username'}`,
    update: `${isMysql ? strictUpdate('securest_users') : 'UPDATE securest_users'}
    SET password = $2, email = $3, active = $4, tokens_valid_from = ${isMysql ? utcFrom('$5') : '$5'}
    WHERE username = $1`,
    remove: 'DELETE FROM securest_users WHERE username = $1',
    roles: membership('securest_user_roles', 'username, role'),
    memberships: membership('securest_memberships', 'username, group_name'),
  };
}
