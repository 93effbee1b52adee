import { type Group, isGroup, isUser, type User } from '../core/user';
import { parseArrayText } from './array-text';
import { typeNameOf } from '../util/type-name';
import type { RowField, RowOrigin } from './row-origin';
import type { Dialect } from './schema';
import type { SqlRow } from './sql-client';

/** The accepted names of the column; PostgreSQL folds unquoted names to lower case. */
export const TOKENS_VALID_FROM = ['tokens_valid_from', 'tokensValidFrom', 'tokensvalidfrom'];
const ISO_WITH_ZONE =
  /^(\d{4,6})(-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)(?:Z|([+-]\d\d)(?::?(\d\d))?)$/;
/** A single name. It does not match a text that could be several names or a JSON value. */
const SINGLE_NAME = /^(?!(?:null|true|false)$)[\p{L}_][\p{L}\p{N}_.-]*$/iu;

const TEXT = 'must be a string or null';
const NAME = 'must be a non-empty string';
const LIST = 'must be a list of non-empty strings: an array, a JSON list, or a single name';
const MUST_BE: Readonly<Record<RowField, string>> = {
  username: NAME,
  name: NAME,
  password: TEXT,
  email: TEXT,
  active: 'must be a boolean, 0 or 1, and not null',
  roles: LIST,
  groups: LIST,
  tokensValidFrom:
    'must be a time with its zone: timestamptz, in SQLite a text as of toISOString(), in MySQL a TIMESTAMP',
};
const NAMES_ALONE: Readonly<Record<Dialect, string>> = {
  postgres: 'json_agg(role.name)',
  sqlite: 'json_group_array(role.name)',
  mysql: 'JSON_ARRAYAGG(role.name)',
};
const USER_FIELDS = [
  'username',
  'password',
  'email',
  'active',
  'roles',
  'groups',
  'tokensValidFrom',
] as const;
const GROUP_FIELDS = ['name', 'roles', 'groups'] as const;

/** The document in a row of securest's own tables. @throws Error, without the row's text, if the row has no document */
export function unpack(row: SqlRow, dialect?: Dialect): Record<string, unknown> {
  try {
    const { record: given } = row;
    // The driver of MySQL parses JSON if it knows the type.
    const isParsed = dialect === 'mysql' && typeof given === 'object';
    const record: unknown = isParsed ? given : JSON.parse(given as string);
    if (typeof record !== 'object' || record === null) throw new TypeError('no object');
    if (dialect === 'mysql') completeLists(record as Record<string, unknown>);
    return record as Record<string, unknown>;
  } catch {
    // The parser's message quotes the text, and the text holds a hash.
  }
  throw new Error('SqlUserstore: column record of a row of its own tables must be a JSON object');
}

/** The user in a row. @throws Error that names the column, and no value, if the row is invalid */
export function userFrom(row: SqlRow, dialect: Dialect, origin: RowOrigin): User {
  const user: Record<string, unknown> = { ...row };
  const times = TOKENS_VALID_FROM.filter((name) => name in user);
  if (times.length > 1) throw rowFault('tokensValidFrom', origin, 'is selected twice');
  for (const name of times) {
    const time = timeFrom(user[name]);
    Reflect.deleteProperty(user, name);
    user['tokensValidFrom'] = time;
  }
  for (const name of ['roles', 'groups']) {
    if (name in user) user[name] = listFrom(user[name], dialect);
  }
  if ('active' in user) user['active'] = flagFrom(user['active'], dialect);
  if ('username' in user) user['username'] = nameFrom(user['username']);
  if (isUser(user)) return user;
  const wrong = USER_FIELDS.find((field) => !isUser({ username: 'x', [field]: user[field] })) ?? 'username';
  const key = wrong === 'tokensValidFrom' ? (times[0] ?? wrong) : wrong;
  throw invalid(wrong, origin, row[key], user[wrong], dialect);
}

/** The group in a row. @throws Error that names the column, and no value, if the row is invalid */
export function groupFrom(row: SqlRow, dialect: Dialect, origin: RowOrigin): Group {
  const { name, roles, groups } = row;
  const group = { name, roles: listFrom(roles, dialect), groups: listFrom(groups, dialect) };
  if (isGroup(group)) return group;
  const wrong = GROUP_FIELDS.find((field) => !isGroup({ name: 'x', [field]: group[field] })) ?? 'name';
  throw invalid(wrong, origin, row[wrong], group[wrong], dialect);
}

/** @param value the column's value @param read the value that was parsed from it */
function invalid(field: RowField, origin: RowOrigin, value: unknown, read: unknown, dialect: Dialect): Error {
  const isRelation = (field === 'roles' || field === 'groups') && hasObjects(read);
  const cure = isRelation ? `: select the names alone, as ${NAMES_ALONE[dialect]}` : '';
  return rowFault(field, origin, `${MUST_BE[field]}, and is ${typeNameOf(value)}${cure}`);
}

/** True for the rows of a relation. */
function hasObjects(value: unknown): boolean {
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  return items.some((item) => typeof item === 'object' && item !== null);
}

export function rowFault(field: RowField, origin: RowOrigin, problem: string): Error {
  return new Error(`SqlUserstore: ${origin(field)} ${problem}`);
}

/**
 * A text may hold a JSON list, since SQLite has no arrays; a PostgreSQL array of a type that the driver does not know;
 * or a single name. Any other text stays unchanged and is refused later: `admin,editor` could be one role or two.
 */
function listFrom(value: unknown, dialect: Dialect): unknown {
  if (typeof value !== 'string') return value;
  if (SINGLE_NAME.test(value)) return [value];
  // Before JSON, because the empty array of PostgreSQL is also an empty JSON object.
  const array = dialect === 'postgres' ? parseArrayText(value) : undefined;
  if (array !== undefined) return array;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

/** MySQL returns null for an empty list, and lists without an order. */
function completeLists(record: Record<string, unknown>): void {
  for (const name of ['roles', 'groups', 'reach']) {
    if (!(name in record)) continue;
    const list = (record[name] ?? []) as unknown[];
    if (name === 'reach') for (const each of list) completeLists(each as Record<string, unknown>);
    else list.sort();
    record[name] = list;
  }
}

/** SQLite has no booleans, some tables use a smallint, and MySQL has bits. Null stays null and is refused later. */
function flagFrom(value: unknown, dialect: Dialect): unknown {
  if (dialect === 'mysql' && Buffer.isBuffer(value) && value.length === 1) return flagFrom(value[0], dialect);
  return value === 1 || value === 0 ? value === 1 : value;
}

/** Converts a number from a column of integers: usernames are texts. */
function nameFrom(value: unknown): unknown {
  return typeof value === 'bigint' || Number.isSafeInteger(value) ? String(value) : value;
}

/** A text without a time zone stays a text and is refused later: it means another time on each machine. */
function timeFrom(value: unknown): unknown {
  const match = typeof value === 'string' ? ISO_WITH_ZONE.exec(value) : null;
  if (match === null) return value;
  const [, year = '', day = '', time = '', hours, minutes = '00'] = match;
  const isoYear = year.length > 4 ? `+${year.padStart(6, '0')}` : year;
  return new Date(`${isoYear}${day}T${time}${hours === undefined ? 'Z' : `${hours}:${minutes}`}`);
}
