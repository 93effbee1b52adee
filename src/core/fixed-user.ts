/**
 * Users that cannot be changed: plain records, deeply frozen, as MemoryUserstore and FileUserstore keep them. The facts
 * that requests need from such a record are computed once and kept as long as the record.
 */
import { types } from 'node:util';
import { hiddenProperty } from '../util/hidden-property';
import { publicUser } from './public-user';
import { Secrets } from './secrets';
import { stampOf } from './stamp';
import { statusFieldOf } from './status-field';
import { isUser, type User } from './user';

/** The getters of dates in frozen records: each read gives a new Date of the same time. */
const dateGetters = hiddenProperty<true>();

/** A getter for a date in a frozen record, since a Date cannot be frozen. */
export function dateGetter(time: number): () => Date {
  const get = () => new Date(time);
  dateGetters.set(get, true);
  return get;
}

/** A valid user that cannot change. */
export interface FixedUser {
  readonly secrets: Secrets | undefined;
  readonly stamp: number;
  /** As {@link statusFieldOf}. */
  readonly statusField: string | undefined;
  /** A new copy for the app, without the hash. */
  publicCopy(): User;
}

const known = new WeakMap<object, FixedUser>();

/** Undefined for every other user and for a value that is not a user. Runs no code of the app and never throws. */
export function fixedUser(record: unknown): FixedUser | undefined {
  if (typeof record !== 'object' || record === null) return undefined;
  const before = known.get(record);
  if (before !== undefined || types.isProxy(record) || !Object.isFrozen(record)) return before;
  const found = isFixed(record) ? copierOf(record) : undefined;
  if (found !== undefined) known.set(record, found);
  return found;
}

function isFixed(record: object): boolean {
  if (Object.getPrototypeOf(record) !== Object.prototype) return false;
  return Reflect.ownKeys(record).every((key) => {
    const descriptor = Reflect.getOwnPropertyDescriptor(record, key);
    const { get, enumerable } = descriptor ?? {};
    const value: unknown = descriptor?.value;
    if (enumerable !== true) return false;
    if (get !== undefined) return dateGetters.get(get) === true;
    return typeof value === 'object' && value !== null ? isFixedList(value) : typeof value !== 'function';
  });
}

/** True for a frozen list of strings and numbers without further properties. */
function isFixedList(value: object): boolean {
  // A revoked proxy would throw at the later checks.
  if (types.isProxy(value) || !Array.isArray(value) || !Object.isFrozen(value)) return false;
  if (Object.getPrototypeOf(value) !== Array.prototype) return false;
  if (Reflect.ownKeys(value).length !== value.length + 1) return false;
  return Object.values(Object.getOwnPropertyDescriptors(value)).every(
    ({ value: entry }) => typeof entry === 'string' || typeof entry === 'number',
  );
}

/**
 * @returns undefined if the record is not a user, or if its hash cannot be kept private: the code that copies it for
 * each request then reports the error
 */
function copierOf(record: object): FixedUser | undefined {
  if (!isUser(record)) return undefined;
  let first: User;
  try {
    first = publicUser(record);
  } catch {
    return undefined;
  }
  const dates: [key: PropertyKey, time: number][] = [];
  const lists: [key: PropertyKey, list: readonly unknown[]][] = [];
  for (const key of Reflect.ownKeys(first)) {
    const value: unknown = Reflect.get(first, key);
    if (types.isDate(value)) dates.push([key, value.getTime()]);
    // Frozen lists of names are those that the app decides by, and can be shared.
    else if (Array.isArray(value) && !Object.isFrozen(value)) lists.push([key, value]);
  }
  return {
    secrets: Secrets.of(record.password),
    stamp: stampOf(record),
    statusField: statusFieldOf(record),
    publicCopy: () => {
      const copy: User & Record<PropertyKey, unknown> = { ...first };
      for (const [key, time] of dates) copy[key] = new Date(time);
      for (const [key, list] of lists) copy[key] = [...list];
      return copy;
    },
  };
}
