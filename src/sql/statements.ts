import { ConfigurationError } from '../errors';
import type { Dialect } from './schema';
import type { SqlTable } from './sql-options';
import { stampSql } from './stamp-sql';

/** What a store asks with. */
export interface Statements {
  /** `$1`: the name. */
  readonly getUser: string;
  /** `$1`: the name. */
  readonly getGroup?: string;
  /** `$1`: new hash, `$2`: name, `$3`: old hash, `$4`: tokens valid from. Answers with a row where it replaced. */
  readonly updatePassword?: string;
  readonly listRoles?: string;
}

const NAMES = {
  username: 'username',
  password: 'password',
  email: 'email',
  active: 'active',
  roles: 'roles',
  groups: 'groups',
  tokensValidFrom: 'tokens_valid_from',
} as const;

/** The statements over an app's own table. @throws ConfigurationError when a name is not a plain identifier */
export function statementsOf(table: SqlTable, dialect: Dialect): Statements {
  const from = table.name.split('.', 2).map(quoted).join('.');
  if (table.name.split('.').length > 2) throw notPlain(table.name);
  const columns = Object.entries(NAMES).flatMap(([field, alias]) => {
    const column = table[field as keyof typeof NAMES];
    return column === undefined ? [] : [`${quoted(column)} AS ${alias}`];
  });
  const name = quoted(table.username);
  const getUser = `SELECT ${columns.join(', ')} FROM ${from} WHERE ${name} = $1 LIMIT 2`;
  if (table.password === undefined) return { getUser };
  const hash = quoted(table.password);
  const { tokensValidFrom } = table;
  const since = tokensValidFrom === undefined ? undefined : quoted(tokensValidFrom);
  const stamp = since === undefined ? undefined : stampSql(dialect, since);
  const updatePassword =
    `UPDATE ${from} SET ${hash} = $1${stamp ? `, ${since} = ${stamp.value}` : ''} ` +
    `WHERE ${name} = $2 AND ${hash} = $3${stamp?.condition ?? ''} RETURNING ${name} AS username`;
  return { getUser, updatePassword };
}

const PLAIN = /^[A-Za-z_][A-Za-z0-9_$]{0,62}$/;

function quoted(identifier: string): string {
  if (!PLAIN.test(identifier)) throw notPlain(identifier);
  return `"${identifier}"`;
}

function notPlain(identifier: string): ConfigurationError {
  return new ConfigurationError(
    `SqlUserstore: ${JSON.stringify(identifier)} is not a plain name of a table or column`,
  );
}
