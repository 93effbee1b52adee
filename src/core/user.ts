/**
 * A user record, as a userstore loads it. A plain object or an instance of any class will do; every record
 * that a store or provider returns is checked by {@link isUser} before it counts as anyone.
 */
export interface User {
  /** The unique name by which the store finds this user. Never empty. */
  username: string;
  /** The stored password hash. It never leaves: not in JSON, logs, events or errors. */
  password?: string | null | undefined;
  email?: string | null | undefined;
  /** False refuses every login, whatever proved it. @default true */
  active?: boolean | undefined;
  /** The user's own roles; those of its groups and of their parents are added to them. */
  roles?: readonly string[] | null | undefined;
  /** Names of the groups the user is in. Groups and users are separate namespaces. */
  groups?: readonly string[] | null | undefined;
  /** Tokens that were issued, or whose login took place, before this moment are refused. */
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
 * True when the value holds as a user: an object with a non-empty `username` and every other field of
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

/** True when the value holds as a group. Never throws. */
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

/**
 * The user as the app may see it, without its password hash: a plain object is copied without the
 * property, on a class instance the property is made non-enumerable, so that methods keep working.
 */
export function withoutPassword<U extends User>(user: U): U {
  const prototype: unknown = Object.getPrototypeOf(user);
  if (prototype === Object.prototype || prototype === null) return copyWithoutPassword(user, prototype);
  const descriptors = Object.getOwnPropertyDescriptors(user);
  const password = (descriptors as Record<string, PropertyDescriptor | undefined>)['password'];
  if (password?.enumerable !== true) return user;
  if (Reflect.defineProperty(user, 'password', { ...password, enumerable: false })) return user;
  Reflect.deleteProperty(descriptors, 'password');
  return Object.create(prototype as object, descriptors) as U;
}

/** Every request pays for it: plain properties are assigned, which takes a seventh of the time of defining them. */
function copyWithoutPassword<U extends User>(user: U, prototype: object | null): U {
  const copy = Object.create(prototype) as Record<PropertyKey, unknown>;
  for (const key of Reflect.ownKeys(user)) {
    if (key === 'password') continue;
    const descriptor = Object.getOwnPropertyDescriptor(user, key);
    if (descriptor === undefined) continue;
    const isPlain = 'value' in descriptor && descriptor.enumerable === true && key !== '__proto__';
    if (isPlain) copy[key] = descriptor.value as unknown;
    else Object.defineProperty(copy, key, descriptor);
  }
  return copy as unknown as U;
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
  return value === undefined || value === null || (value instanceof Date && !Number.isNaN(value.getTime()));
}
