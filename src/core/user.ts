import { types } from 'node:util';

/**
 * A user record, as a userstore loads it. A plain object or an instance of any class will do; every record
 * that a store or provider returns is checked by {@link isUser} before it counts as anyone.
 */
export interface User {
  /** The unique name by which the store finds this user. Never empty. */
  username: string;
  /** The stored password hash. Where the app gets a user this field is missing, and no other one has the hash. */
  password?: string | null | undefined;
  email?: string | null | undefined;
  /** False refuses every login, whatever proved it. @default true */
  active?: boolean | undefined;
  /** The user's own roles; those of its groups and of their parents are added to them. */
  roles?: readonly string[] | null | undefined;
  /** Names of the groups the user is in. Groups and users are separate namespaces. */
  groups?: readonly string[] | null | undefined;
  /**
   * The stamp of the user's tokens: a token is good while the user still has the value that its login saw. Another
   * value, which must be later, ends them all.
   */
  tokensValidFrom?: Date | null | undefined;
}

/** A named set of roles. A group may itself be in parent groups; cycles are fine. */
export interface Group {
  name: string;
  roles?: readonly string[] | null | undefined;
  /** Names of the parent groups, whose roles this group has too. */
  groups?: readonly string[] | null | undefined;
}

/**
 * True when the value is a valid user: an object with a non-empty `username` and every other field of
 * {@link User} absent or of its type. Never throws, not even for an object with a throwing getter.
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

/** True when the value is a valid group. Never throws. */
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
