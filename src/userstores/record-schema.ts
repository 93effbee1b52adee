/** The requirements for a user and a group record, whatever its source. No message repeats a value. */
import { types } from 'node:util';
import type { Group, User } from '../core/user';

/** The requirement for a field's value, and its wording. */
interface Rule {
  readonly holds: (value: unknown) => boolean;
  readonly problem: string;
}

const PRINTABLE_ASCII = /^[\x20-\x7e]+$/;
const NAME = /^[^\p{Cc}\p{Cs}]+$/u;

/** Most names are ASCII, for which the first expression takes a fraction of the time of the second. */
function isName(value: unknown): boolean {
  return typeof value === 'string' && (PRINTABLE_ASCII.test(value) || NAME.test(value));
}

const isAbsent = (value: unknown): boolean => value === undefined || value === null;

const NAME_PROBLEM = 'must be a string without control characters, and not empty';
const name: Rule = { holds: isName, problem: NAME_PROBLEM };
const optionalName: Rule = { holds: (value) => isAbsent(value) || isName(value), problem: NAME_PROBLEM };
const names: Rule = {
  holds: (value) => isAbsent(value) || (Array.isArray(value) && value.every(isName)),
  problem: 'must be a list of names',
};
// Null does not count as absent here: absent means active.
const flag: Rule = {
  holds: (value) => value === undefined || typeof value === 'boolean',
  problem: 'must be true or false',
};
const date: Rule = {
  holds: (value) => isAbsent(value) || (types.isDate(value) && !Number.isNaN(value.getTime())),
  problem: 'must be a date and time such as 2026-01-31T08:00:00Z',
};

type Schema<T> = readonly (readonly [field: keyof T & string, rule: Rule])[];

/** In the order in which fields are checked, and written to a file. */
const USER: Schema<User> = [
  ['username', name],
  ['password', optionalName],
  ['email', optionalName],
  ['active', flag],
  ['roles', names],
  ['groups', names],
  ['tokensValidFrom', date],
];
const FILE_USER: Schema<User> = [['id', optionalName]];
const GROUP: Schema<Group> = [
  ['name', name],
  ['roles', names],
  ['groups', names],
];

/** The fields that a user may have, in any directory. */
export const USER_FIELDS: readonly string[] = USER.map(([field]) => field);
/**
 * The same with the field that only a file has: the `id`, which is assigned at creation and identifies the user
 * permanently.
 */
export const FILE_USER_FIELDS: readonly string[] = [...USER_FIELDS, 'id'];
export const GROUP_FIELDS: readonly string[] = GROUP.map(([field]) => field);

/** An invalid field, and the reason. */
export interface RecordFault {
  readonly field: string;
  readonly problem: string;
}

export function userFault(record: Partial<Record<keyof User, unknown>>): RecordFault | undefined {
  return firstFault(USER, record);
}

export function fileUserFault(record: Partial<Record<keyof User, unknown>>): RecordFault | undefined {
  return userFault(record) ?? firstFault(FILE_USER, record);
}

export function groupFault(record: Partial<Record<keyof Group, unknown>>): RecordFault | undefined {
  return firstFault(GROUP, record);
}

function firstFault<T>(
  schema: Schema<T>,
  record: Partial<Record<keyof T, unknown>>,
): RecordFault | undefined {
  for (const [field, { holds, problem }] of schema) {
    if (!holds(record[field])) return { field, problem: `${field} ${problem}` };
  }
  return undefined;
}
