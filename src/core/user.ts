import { types } from 'node:util';
import { printable } from '../util/printable';
import { typeNameOf } from '../util/type-name';
import { mappingOf } from './name-list';

/**
 * A user record, as a userstore loads it: a plain object or an instance of any class. Every record that a store or
 * provider returns is checked before it counts as a user.
 */
export interface User {
  /** The unique name by which the store finds this user. Never empty. */
  username: string;
  /**
   * Identifies the user permanently: it is never given to another user, not even to a later user of the same name. A
   * string, a whole number or a bigint; any other value is ignored. Refresh tokens and API keys are stored under it if
   * the store has it.
   */
  id?: unknown;
  /** The stored password hash. Users that the app receives lack this field, and no other field has the hash. */
  password?: string | null | undefined;
  /** The mail address of the user. */
  email?: string | null | undefined;
  /** False refuses every login, whatever the credentials. @default true */
  active?: boolean | undefined;
  /** The user's own roles. The roles of the user's groups and of their parents are added. */
  roles?: readonly string[] | null | undefined;
  /** Names of the groups the user is in. Groups and users are separate namespaces. */
  groups?: readonly string[] | null | undefined;
  /**
   * The stamp of the user's tokens: a token is valid while the user has the same value as at its login. A new value,
   * which must be later, ends all earlier tokens.
   */
  tokensValidFrom?: Date | null | undefined;
}

/** A named set of roles. A group may itself be in parent groups; cycles are fine. */
export interface Group {
  /** The unique name by which users and groups refer to it. */
  name: string;
  /** The roles of all its members. */
  roles?: readonly string[] | null | undefined;
  /** Names of the parent groups, whose roles this group has too. */
  groups?: readonly string[] | null | undefined;
}

/**
 * True if the value is a valid user: an object with a non-empty `username`, in which every other field of {@link User}
 * is absent or of its type. Never throws, not even for an object with a throwing getter.
 */
export function isUser(value: unknown): value is User {
  try {
    if (!isRecord(value)) return false;
    return (
      isName(value['username']) &&
      isOptionalString(value['password']) &&
      isOptionalString(value['email']) &&
      (value['active'] === undefined || typeof value['active'] === 'boolean') &&
      isOptionalNames(value['roles']) &&
      isOptionalNames(value['groups']) &&
      isOptionalDate(value['tokensValidFrom'])
    );
  } catch {
    return false;
  }
}

/** True if the value is a valid group. Never throws. */
export function isGroup(value: unknown): value is Group {
  try {
    return (
      isRecord(value) &&
      isName(value['name']) &&
      isOptionalNames(value['roles']) &&
      isOptionalNames(value['groups'])
    );
  } catch {
    return false;
  }
}

/** The requirement on each field of a user. */
const FIELDS: readonly (readonly [field: keyof User, holds: (value: unknown) => boolean, must: string])[] = [
  ['username', isName, 'a text that is not empty'],
  ['password', isOptionalString, 'a text, null or absent'],
  ['email', isOptionalString, 'a text, null or absent'],
  ['active', (value) => value === undefined || typeof value === 'boolean', 'true, false or absent'],
  ['roles', isOptionalNames, 'null, absent, or a list of non-empty strings'],
  ['groups', isOptionalNames, 'null, absent, or a list of non-empty strings'],
  ['tokensValidFrom', isOptionalDate, 'a valid Date, null or absent'],
];

/** The requirement on each field of a group. */
const GROUP_FIELDS: readonly (readonly [
  field: keyof Group,
  holds: (value: unknown) => boolean,
  must: string,
])[] = [
  ['name', isName, 'a text that is not empty'],
  ['roles', isOptionalNames, 'null, absent, or a list of non-empty strings'],
  ['groups', isOptionalNames, 'null, absent, or a list of non-empty strings'],
];

const MAX_ID_LENGTH = 256;

/** The `id` of a user as text, or undefined if it has no usable id. Never throws. */
export function userIdOf(user: User): string | undefined {
  const id = attempt(() => user.id);
  if (typeof id === 'bigint' || Number.isSafeInteger(id)) return String(id);
  return typeof id === 'string' && id !== '' && id.length <= MAX_ID_LENGTH ? id : undefined;
}

/**
 * The error for an invalid user. It says which field is wrong and quotes only the username.
 * @param from the store or provider that returned the value
 */
export function notAUser(value: unknown, from: string): TypeError {
  if (!isRecord(value)) return new TypeError(`${from} returned ${typeNameOf(value)} in place of a user`);
  for (const [field, holds, must] of FIELDS) {
    const fault = faultOf(value, field, holds, must, 'user');
    if (fault === undefined) continue;
    const name = field === 'username' ? '' : ` (user ${printable(String(read(value, 'username')))})`;
    return new TypeError(`${from} returned a record that is not a user${name}: ${fault}`);
  }
  return new TypeError(`${from} returned a record that is not a user at every read`);
}

/**
 * The error for an invalid group. It says which field is wrong and quotes only the name of the group.
 * @param from the store that returned the value
 * @param asked the name of the group
 */
export function notAGroup(value: unknown, from: string, asked: string): TypeError {
  const group = printable(asked);
  if (!isRecord(value)) {
    return new TypeError(`${from} returned ${typeNameOf(value)} in place of the group ${group}`);
  }
  for (const [field, holds, must] of GROUP_FIELDS) {
    const fault = faultOf(value, field, holds, must, 'group');
    if (fault === undefined) continue;
    return new TypeError(`${from} returned a record that is not a group (group ${group}): ${fault}`);
  }
  return new TypeError(`${from} returned a record that is not a group at every read`);
}

const UNREADABLE = Symbol('unreadable');

/** The problem of a field and, for a list of names, an expression that makes the list. */
function faultOf(
  record: Record<string, unknown>,
  field: string,
  holds: (value: unknown) => boolean,
  must: string,
  kind: 'user' | 'group',
): string | undefined {
  const given = read(record, field);
  if (given === UNREADABLE) return `${field} must be ${must}, and cannot be read`;
  if (attempt(() => holds(given)) === true) return undefined;
  const found = attempt(() => typeNameOf(given)) ?? 'an object';
  const isList = field === 'roles' || field === 'groups';
  const mapping = isList ? attempt(() => mappingOf(given, `${kind}.${field}`)) : undefined;
  const cure = mapping && `: map it in ${kind === 'user' ? 'getUser' : 'getGroup'}: ${field}: ${mapping}`;
  return `${field} must be ${must}, and is ${found}${cure ?? ''}`;
}

/** The value may be a proxy, or have getters that throw. */
function attempt<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}

function read(record: Record<string, unknown>, field: string): unknown {
  try {
    return record[field];
  } catch {
    return UNREADABLE;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isName(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function isOptionalString(value: unknown): boolean {
  return value === undefined || value === null || typeof value === 'string';
}

function isOptionalNames(value: unknown): boolean {
  return value === undefined || value === null || (Array.isArray(value) && value.every(isName));
}

function isOptionalDate(value: unknown): boolean {
  return value === undefined || value === null || (types.isDate(value) && !Number.isNaN(value.getTime()));
}
