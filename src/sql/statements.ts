import { ConfigurationError } from '../errors';
import { EPOCH } from './mysql-columns';
import { sameText, strictUpdate } from './mysql-sql';
import type { Dialect } from './schema';
import type { SqlTable } from './sql-options';
import { stampSql } from './stamp-sql';

/** The statements of a store. */
export interface Statements {
  /** `$1`: the name. */
  readonly getUser: string;
  /** `$1`: the name. */
  readonly getGroup?: string;
  /**
   * `$1`: new hash, `$2`: name, `$3`: old hash, `$4`: tokens valid from. Returns a row if it replaced the hash, in
   * MySQL the number of rows.
   */
  readonly updatePassword?: string;
  readonly listRoles?: string;
}

const NAMES = {
  username: 'username',
  id: 'id',
  password: 'password',
  email: 'email',
  active: 'active',
  roles: 'roles',
  groups: 'groups',
  tokensValidFrom: 'tokens_valid_from',
} as const;

/** The statements over an app's own table. @throws ConfigurationError if a name is not a plain identifier */
export function statementsOf(table: SqlTable, dialect: Dialect): Statements {
  const quoted = (identifier: string): string => quotedIn(dialect, identifier);
  const from = table.name
    .split('.', 2)
    .map((part) => quoted(part))
    .join('.');
  if (table.name.split('.').length > 2) throw notPlain(table.name);
  const columns = Object.entries(NAMES).flatMap(([field, alias]) => {
    const column = table[field as keyof typeof NAMES];
    return column === undefined ? [] : [`${quoted(column)} AS ${alias}`];
  });
  const name = quoted(table.username);
  const isMysql = dialect === 'mysql';
  if (isMysql && table.tokensValidFrom !== undefined) {
    columns.push(`UNIX_TIMESTAMP(${quoted(table.tokensValidFrom)}) AS ${EPOCH}`);
  }
  const isNamed = (parameter: string): string =>
    // The plain comparison uses the index, the bytewise comparison is exact.
    `${name} = ${parameter}${isMysql ? ` AND ${sameText(name, parameter)}` : ''}`;
  const getUser = `SELECT ${columns.join(', ')} FROM ${from} WHERE ${isNamed('$1')} LIMIT 2`;
  if (table.password === undefined) return { getUser };
  const hash = quoted(table.password);
  const { tokensValidFrom } = table;
  const since = tokensValidFrom === undefined ? undefined : quoted(tokensValidFrom);
  const stamp = since === undefined ? undefined : stampSql(dialect, since);
  const updatePassword =
    `${isMysql ? strictUpdate(from) : `UPDATE ${from}`} SET ${hash} = $1` +
    `${stamp ? `, ${since} = ${stamp.value}` : ''} WHERE ${isNamed('$2')} AND ` +
    `${isMysql ? sameText(hash, '$3') : `${hash} = $3`}${stamp?.condition ?? ''}` +
    (isMysql ? '' : ` RETURNING ${name} AS username`);
  return { getUser, updatePassword };
}

const PLAIN = /^[A-Za-z_][A-Za-z0-9_$]{0,62}$/;

function quotedIn(dialect: Dialect, identifier: string): string {
  if (!PLAIN.test(identifier)) throw notPlain(identifier);
  // In MySQL the meaning of " depends on the mode of the session.
  return dialect === 'mysql' ? `\`${identifier}\`` : `"${identifier}"`;
}

function notPlain(identifier: string): ConfigurationError {
  return new ConfigurationError(
    `SqlUserstore: ${JSON.stringify(identifier)} is not a plain name of a table or column`,
  );
}
