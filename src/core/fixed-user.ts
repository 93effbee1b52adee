/**
 * Users that nobody can change: plain records, frozen through and through, as MemoryUserstore and FileUserstore keep
 * them. What a request asks of one is found out once, and then stands for as long as the record.
 */
import { types } from 'node:util';
import { hiddenProperty } from '../util/hidden-property';
import { publicUser } from './public-user';
import { Secrets } from './secrets';
import { stampOf } from './stamp';
import { statusFieldOf } from './status-field';
import { isUser, type User } from './user';

/** The getters of dates in frozen records: each look gives a new Date of the same time. */
const dateGetters = hiddenProperty<true>();

/** A getter for a date in a record that is frozen, since a Date cannot be. */
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

/** Undefined for every other user, and for what is none. Nothing of the app runs, and nothing is thrown. */
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

/** True for a frozen list of texts, and nothing beside its elements. */
function isFixedList(value: object): boolean {
  // Of a proxy that is revoked even this cannot be asked.
  if (types.isProxy(value) || !Array.isArray(value) || !Object.isFrozen(value)) return false;
  if (Object.getPrototypeOf(value) !== Array.prototype) return false;
  if (Reflect.ownKeys(value).length !== value.length + 1) return false;
  return Object.values(Object.getOwnPropertyDescriptors(value)).every(
    ({ value: entry }) => typeof entry === 'string' || typeof entry === 'number',
  );
}

/** @returns undefined where the record is no user, or its hash cannot be kept inside: who copies it each time says so */
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
    // The names that an app decides by are frozen, and can be shared.
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
