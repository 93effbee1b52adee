import { types } from 'node:util';
import { dateGetter } from '../core/fixed-user';
import type { Group, User } from '../core/user';
import { isPlainObject } from '../util/parse-options';

/** All users and groups at one moment, by name. Immutable. */
export interface Snapshot<U extends User = User> {
  readonly users: ReadonlyMap<string, U>;
  readonly groups: ReadonlyMap<string, Group>;
}

/** Every role that a user or group of the snapshot has. */
export function rolesIn({ users, groups }: Snapshot): Set<string> {
  const found = new Set<string>();
  for (const records of [users, groups]) {
    for (const { roles } of records.values()) for (const role of roles ?? []) found.add(role);
  }
  return found;
}

/** The places of records, for messages: lines of a file, indexes of an array. */
export interface Places<P> {
  /** Creates the error that refuses the record at this place. */
  refuse: (place: P, problem: string) => Error;
  nameOf: (place: P) => string;
  /** The places of the first user and the first group that were added under a name. */
  ofUser: (name: string) => P;
  ofGroup: (name: string) => P;
}

/**
 * Collects records that are valid by themselves and checks the rules between them: no duplicate name, no unknown group.
 * Names are compared exactly; a user and a group may have the same name.
 */
export class SnapshotBuilder<U extends User, P> {
  readonly #users = new Map<string, U>();
  readonly #groups = new Map<string, Group>();

  constructor(private readonly places: Places<P>) {}

  addUser(user: U, place: P): void {
    if (this.#users.has(user.username)) throw this.#refuseTwin(place, this.places.ofUser(user.username));
    this.#users.set(user.username, this.#frozen(user, place));
  }

  addGroup(group: Group, place: P): void {
    if (this.#groups.has(group.name)) throw this.#refuseTwin(place, this.places.ofGroup(group.name));
    this.#groups.set(group.name, this.#frozen(group, place));
  }

  build(): Snapshot<U> {
    for (const [name, user] of this.#users) {
      if (this.#hasUnknownGroup(user)) throw this.places.refuse(this.places.ofUser(name), NO_GROUP);
    }
    for (const [name, group] of this.#groups) {
      if (this.#hasUnknownGroup(group)) throw this.places.refuse(this.places.ofGroup(name), NO_GROUP);
    }
    return { users: this.#users, groups: this.#groups };
  }

  #frozen<T extends object>(record: T, place: P): T {
    return frozenCopy(record, () => this.places.refuse(place, NOT_PLAIN));
  }

  #refuseTwin(place: P, first: P): Error {
    return this.places.refuse(place, `has the same name as ${this.places.nameOf(first)}`);
  }

  #hasUnknownGroup({ groups }: User | Group): boolean {
    return groups?.every((name) => this.#groups.has(name)) === false;
  }
}

const NO_GROUP = 'refers to an unknown group';
const NOT_PLAIN = 'may only have plain values, arrays, objects and dates';

/** An immutable copy. A date cannot be frozen, so each access returns a new one. */
export function frozenCopy<T extends object>(source: T, refuse: () => Error): T {
  if (Array.isArray(source)) return (frozenTexts(source) ?? frozenList(source, refuse)) as T;
  if (!isPlainObject(source)) throw refuse();
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(source)) {
    const value: unknown = (source as Record<string, unknown>)[key];
    // An assignment takes a fraction of the time of a definition, but would find inherited properties first.
    if (key in copy) define(copy, key, value);
    else copy[key] = value;
    freezeField(copy, key, value, refuse);
  }
  return Object.freeze(copy) as T;
}

/** The list of roles or groups that nearly every record has; undefined for all other lists. */
function frozenTexts(source: readonly unknown[]): readonly string[] | undefined {
  if (Object.getPrototypeOf(source) !== Array.prototype) return undefined;
  const copy = [...source];
  const isSame = copy.length === source.length && copy.every((item) => typeof item === 'string');
  return isSame ? Object.freeze(copy) : undefined;
}

function frozenList(source: readonly unknown[], refuse: () => Error): readonly unknown[] {
  const copy: unknown[] = [];
  for (const [key, value] of Object.entries(source)) {
    define(copy, key, value);
    freezeField(copy as never, key, value, refuse);
  }
  return Object.freeze(copy);
}

function define(copy: object, key: string, value: unknown): void {
  Object.defineProperty(copy, key, { value, enumerable: true, configurable: true, writable: true });
}

/** Makes an own field of a copy immutable, once the copy itself is frozen. */
function freezeField(copy: Record<string, unknown>, key: string, value: unknown, refuse: () => Error): void {
  if (typeof value === 'function' || typeof value === 'symbol') throw refuse();
  if (types.isDate(value)) {
    Object.defineProperty(copy, key, { get: dateGetter(value.getTime()), enumerable: true });
  } else if (typeof value === 'object' && value !== null) {
    copy[key] = frozenCopy(value, refuse);
  }
}
