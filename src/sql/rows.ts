import { type Group, isGroup, isUser, type User } from '../core/user';
import type { Dialect } from './schema';
import type { SqlRow } from './sql-client';

/** The names that a column may have, where PostgreSQL folds those that are not quoted. */
const TOKENS_VALID_FROM = ['tokens_valid_from', 'tokensValidFrom', 'tokensvalidfrom'];
const ISO_WITH_ZONE = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d(:?\d\d)?)$/;

/** What a row of securest's own tables holds. @throws Error when it does not hold */
export function unpack(row: SqlRow): Record<string, unknown> {
  if (typeof row['record'] !== 'string') throw new Error('SqlUserstore: a row holds no record');
  return JSON.parse(row['record']) as Record<string, unknown>;
}

/** The user that a row states. @throws Error, which names no value, when the row does not hold as one */
export function userFrom(row: SqlRow, dialect: Dialect): User {
  const user: Record<string, unknown> = { ...row };
  const times = TOKENS_VALID_FROM.filter((name) => name in user);
  if (times.length > 1) throw new Error('SqlUserstore: a row has tokens_valid_from twice');
  for (const name of times) {
    const time = timeFrom(user[name]);
    Reflect.deleteProperty(user, name);
    user['tokensValidFrom'] = time;
  }
  for (const name of ['roles', 'groups']) {
    if (name in user) user[name] = listFrom(user[name]);
  }
  if ('active' in user) user['active'] = flagFrom(user['active'], dialect);
  if (!isUser(user)) throw new Error('SqlUserstore: a row does not hold as a user');
  return user;
}

/** The group that a row states. @throws Error when the row does not hold as one */
export function groupFrom(row: SqlRow): Group {
  const { name, roles, groups } = row;
  const group = { name, roles: listFrom(roles), groups: listFrom(groups) };
  if (!isGroup(group)) throw new Error('SqlUserstore: a row does not hold as a group');
  return group;
}

/** SQLite has no lists, and PostgreSQL gives JSON that was cast as text. */
function listFrom(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

/** SQLite has no booleans. Null is neither, so it is left to fail. */
function flagFrom(value: unknown, dialect: Dialect): unknown {
  if (dialect !== 'sqlite') return value;
  return value === 1 || value === 0 ? value === 1 : value;
}

/** A text without a time zone means another moment on each machine. */
function timeFrom(value: unknown): unknown {
  return typeof value === 'string' && ISO_WITH_ZONE.test(value) ? new Date(value) : value;
}
