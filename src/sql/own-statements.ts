import { sameText, strictUpdate, WHOLE_LISTS } from './mysql-sql';
import type { Dialect } from './schema';
import { stampSql } from './stamp-sql';
import type { Statements } from './statements';

/** How a dialect builds JSON. */
interface Json {
  readonly object: string;
  readonly list: (value: string, order: string, from: string) => string;
  readonly flag: (column: string) => string;
  readonly time: (column: string) => string;
  /** The function that aggregates a list of objects. */
  readonly gather: string;
}

const JSON_OF: Readonly<Record<Dialect, Json>> = {
  postgres: {
    object: 'json_build_object',
    list: (value, order, from) =>
      `coalesce((SELECT json_agg(${value} ORDER BY ${order}) FROM ${from}), '[]'::json)`,
    flag: (column) => column,
    time: (column) => column,
    gather: 'json_agg',
  },
  sqlite: {
    object: 'json_object',
    list: (value, order, from) => `json((SELECT json_group_array(${value} ORDER BY ${order}) FROM ${from}))`,
    flag: (column) => `json(iif(${column}, 'true', 'false'))`,
    time: (column) => column,
    gather: 'json_group_array',
  },
  // Lists are sorted when they are read: JSON_ARRAYAGG of MySQL has no ORDER BY.
  mysql: {
    object: 'JSON_OBJECT',
    list: (value, _order, from) => `(SELECT JSON_ARRAYAGG(${value}) FROM ${from})`,
    flag: (column) => `JSON_EXTRACT(IF(${column}, 'true', 'false'), '$')`,
    time: (column) => `DATE_FORMAT(${column}, '%Y-%m-%dT%H:%i:%s.%fZ')`,
    gather: 'JSON_ARRAYAGG',
  },
};

/**
 * Selects users of securest's own tables as `u`, each as one JSON document: one round trip, and a consistent version.
 * @param more further members of the document
 */
export function userRecords(dialect: Dialect, more = ''): string {
  const { object, list, flag, time } = JSON_OF[dialect];
  const [asText, ending] = TEXT_OF[dialect];
  return `${dialect === 'mysql' ? WHOLE_LISTS : ''}SELECT ${asText}${object}(
    'username', u.username, 'id', u.id, 'password', u.password, 'email', u.email, 'active', ${flag('u.active')},
    'tokensValidFrom', ${time('u.tokens_valid_from')},
    'roles', ${list('r.role', 'r.role', 'securest_user_roles r WHERE r.username = u.username')},
    'groups', ${list('m.group_name', 'm.group_name', 'securest_memberships m WHERE m.username = u.username')}${more}
  )${ending} AS record FROM securest_users u`;
}

/** The statements over securest's own tables. A user is returned with all its groups, including parent groups. */
export function ownStatements(dialect: Dialect): Statements {
  const { object, list } = JSON_OF[dialect];
  const [asText, ending] = TEXT_OF[dialect];
  const isMysql = dialect === 'mysql';
  const stamp = stampSql(dialect, 'tokens_valid_from', true);
  const group = (name: string): string =>
    `${object}('name', ${name}, ` +
    `'roles', ${list('r.role', 'r.role', `securest_group_roles r WHERE r.group_name = ${name}`)}, ` +
    `'groups', ${list('p.parent_name', 'p.parent_name', `securest_group_parents p WHERE p.group_name = ${name}`)})`;
  return {
    getUser: `${userRecords(dialect, `,\n    'reach', ${reachOf(dialect, group)}`)} WHERE u.username = $1`,
    getGroup: `${isMysql ? WHOLE_LISTS : ''}SELECT ${asText}${group('g.name')}${ending} AS record FROM securest_groups g WHERE g.name = $1`,
    updatePassword: `${isMysql ? strictUpdate('securest_users') : 'UPDATE securest_users'}
    SET password = $1, tokens_valid_from = ${stamp.value}
    WHERE username = $2 AND ${isMysql ? sameText('password', '$3') : 'password = $3'}${stamp.condition}
    ${isMysql ? '' : 'RETURNING username'}`,
    listRoles: 'SELECT role FROM securest_user_roles UNION SELECT role FROM securest_group_roles',
  };
}

/** All groups of a user and their parents. @param group makes the SQL of a group's document from the SQL of its name */
function reachOf(dialect: Dialect, group: (name: string) => string): string {
  if (dialect === 'postgres') return reachOfArrays(group('n.name'));
  const rows = reachOfRows(
    group('reach.name'),
    JSON_OF[dialect].gather,
    dialect === 'mysql' ? '$1' : 'u.username',
  );
  return dialect === 'sqlite' ? `json(${rows})` : rows;
}

/** UNION instead of UNION ALL, so that no group is visited twice and cycles end. */
function reachOfRows(group: string, gather: string, username: string): string {
  return `(WITH RECURSIVE reach(name) AS (
      SELECT m.group_name FROM securest_memberships m WHERE m.username = ${username}
      UNION SELECT g.parent_name FROM securest_group_parents g JOIN reach ON g.group_name = reach.name
    ) SELECT ${gather}(${group}) FROM reach)`;
}

/**
 * One row for each step up, with the names reached so far in an array. For a recursive join PostgreSQL estimates the
 * rows: on tables without statistics it guesses millions, so it would JIT-compile the statement at each login.
 */
function reachOfArrays(group: string): string {
  return `(WITH RECURSIVE reach(names, latest) AS (
      SELECT s.names, s.names
      FROM (SELECT ARRAY(SELECT m.group_name FROM securest_memberships m WHERE m.username = u.username) AS names) s
      UNION ALL SELECT s.names || s.parents, s.parents
      FROM (SELECT r.names, ARRAY(
          SELECT p.parent_name FROM securest_group_parents p WHERE p.group_name = ANY(r.latest)
          EXCEPT SELECT unnest(r.names)
        ) AS parents FROM reach r) s WHERE s.parents <> '{}'
    ) SELECT json_agg(${group}) FROM unnest((
      SELECT reach.names FROM reach ORDER BY cardinality(reach.names) DESC LIMIT 1
    )) AS n(name))`;
}

/** The SQL before and after a document. The drivers of PostgreSQL and MySQL would parse JSON; SQLite's returns text. */
const TEXT_OF: Readonly<Record<Dialect, readonly [string, string]>> = {
  postgres: ['', '::text'],
  sqlite: ['', ''],
  mysql: ['CAST(', ' AS CHAR)'],
};
