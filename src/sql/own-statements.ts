import type { Dialect } from './schema';
import { stampSql } from './stamp-sql';
import type { Statements } from './statements';

/** How a dialect makes JSON. */
interface Json {
  readonly object: string;
  readonly list: (value: string, order: string, from: string) => string;
  readonly flag: (column: string) => string;
}

const JSON_OF: Readonly<Record<Dialect, Json>> = {
  postgres: {
    object: 'json_build_object',
    list: (value, order, from) =>
      `coalesce((SELECT json_agg(${value} ORDER BY ${order}) FROM ${from}), '[]'::json)`,
    flag: (column) => column,
  },
  sqlite: {
    object: 'json_object',
    list: (value, order, from) => `json((SELECT json_group_array(${value} ORDER BY ${order}) FROM ${from}))`,
    flag: (column) => `json(iif(${column}, 'true', 'false'))`,
  },
};

/**
 * Selects users of securest's own tables as `u`, each as one JSON document: one round trip, and one version of it.
 * @param more further members of the document
 */
export function userRecords(dialect: Dialect, more = ''): string {
  const { object, list, flag } = JSON_OF[dialect];
  return `SELECT ${object}(
    'username', u.username, 'password', u.password, 'email', u.email, 'active', ${flag('u.active')},
    'tokensValidFrom', u.tokens_valid_from,
    'roles', ${list('r.role', 'r.role', 'securest_user_roles r WHERE r.username = u.username')},
    'groups', ${list('m.group_name', 'm.group_name', 'securest_memberships m WHERE m.username = u.username')}${more}
  )${asText(dialect)} AS record FROM securest_users u`;
}

/** The statements over securest's own tables. A user comes with every group that it is in, also through parents. */
export function ownStatements(dialect: Dialect): Statements {
  const { object, list } = JSON_OF[dialect];
  const stamp = stampSql(dialect, 'tokens_valid_from');
  const group = (name: string): string =>
    `${object}('name', ${name}, ` +
    `'roles', ${list('r.role', 'r.role', `securest_group_roles r WHERE r.group_name = ${name}`)}, ` +
    `'groups', ${list('p.parent_name', 'p.parent_name', `securest_group_parents p WHERE p.group_name = ${name}`)})`;
  const reach = dialect === 'postgres' ? reachOfArrays(group('n.name')) : reachOfRows(group('reach.name'));
  return {
    getUser: `${userRecords(dialect, `,\n    'reach', ${reach}`)} WHERE u.username = $1`,
    getGroup: `SELECT ${group('g.name')}${asText(dialect)} AS record FROM securest_groups g WHERE g.name = $1`,
    updatePassword: `UPDATE securest_users SET password = $1, tokens_valid_from = ${stamp.value}
    WHERE username = $2 AND password = $3${stamp.condition} RETURNING username`,
    listRoles: 'SELECT role FROM securest_user_roles UNION SELECT role FROM securest_group_roles',
  };
}

/** UNION, not UNION ALL: a group that was reached is not gone through again, so cycles end. */
function reachOfRows(group: string): string {
  return `json((WITH RECURSIVE reach(name) AS (
      SELECT m.group_name FROM securest_memberships m WHERE m.username = u.username
      UNION SELECT g.parent_name FROM securest_group_parents g JOIN reach ON g.group_name = reach.name
    ) SELECT json_group_array(${group}) FROM reach))`;
}

/**
 * One row for each step up, with the names reached so far in an array, since PostgreSQL guesses the rows of a
 * recursive join: on tables without statistics millions, so that it compiles the statement at each login.
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

/** PostgreSQL's driver would parse JSON itself, and SQLite's gives text. */
function asText(dialect: Dialect): string {
  return dialect === 'postgres' ? '::text' : '';
}
