import type { Group, User } from '../core/user';

/** All users and groups as they stood at one moment, by name. Nothing in it ever changes. */
export interface Snapshot<U extends User = User> {
  readonly users: ReadonlyMap<string, U>;
  readonly groups: ReadonlyMap<string, Group>;
}

/** Every role that a user or group of the snapshot has. */
export function rolesIn({ users, groups }: Snapshot): Set<string> {
  return new Set([...users.values(), ...groups.values()].flatMap(({ roles }) => roles ?? []));
}

/** Where a record stands, for messages: a line of a file, an index of an array. */
export interface Places<P> {
  /** Makes the error that refuses the record at this place. */
  refuse: (place: P, problem: string) => Error;
  nameOf: (place: P) => string;
}

/**
 * Collects records that hold by themselves and checks what holds between them: no name twice, no unknown
 * group. Names are compared exactly; a user and a group may share one.
 */
export class SnapshotBuilder<U extends User, P> {
  readonly #users = new Map<string, U>();
  readonly #groups = new Map<string, Group>();
  readonly #userPlaces = new Map<string, P>();
  readonly #groupPlaces = new Map<string, P>();

  constructor(private readonly places: Places<P>) {}

  addUser(user: U, place: P): void {
    this.claim(this.#userPlaces, user.username, place);
    this.#users.set(
      user.username,
      frozenCopy(user, () => this.places.refuse(place, NOT_PLAIN)),
    );
  }

  addGroup(group: Group, place: P): void {
    this.claim(this.#groupPlaces, group.name, place);
    this.#groups.set(
      group.name,
      frozenCopy(group, () => this.places.refuse(place, NOT_PLAIN)),
    );
  }

  /** Where each user stands. */
  get userPlaces(): ReadonlyMap<string, P> {
    return this.#userPlaces;
  }

  build(): Snapshot<U> {
    for (const [name, user] of this.#users) this.refuseUnknownGroups(user, this.#userPlaces.get(name));
    for (const [name, group] of this.#groups) this.refuseUnknownGroups(group, this.#groupPlaces.get(name));
    return { users: this.#users, groups: this.#groups };
  }

  private claim(places: Map<string, P>, name: string, place: P): void {
    const first = places.get(name);
    if (first !== undefined) {
      throw this.places.refuse(place, `has the same name as ${this.places.nameOf(first)}`);
    }
    places.set(name, place);
  }

  private refuseUnknownGroups(record: User | Group, place: P | undefined): void {
    if (place === undefined || (record.groups ?? []).every((name) => this.#groups.has(name))) return;
    throw this.places.refuse(place, 'refers to an unknown group');
  }
}

const NOT_PLAIN = 'may only have plain values, arrays, objects and dates';

/** A copy that nobody can change. A date cannot be frozen, so each look at it gives a new one. */
export function frozenCopy<T extends object>(source: T, refuse: () => Error): T {
  if (!Array.isArray(source) && !isPlainObject(source)) throw refuse();
  const copy = (Array.isArray(source) ? [] : {}) as T;
  for (const [key, value] of Object.entries(source) as [string, unknown][]) {
    if (typeof value === 'function' || typeof value === 'symbol') throw refuse();
    if (value instanceof Date) {
      const time = value.getTime();
      Object.defineProperty(copy, key, { get: () => new Date(time), enumerable: true });
    } else {
      const own: unknown = typeof value === 'object' && value !== null ? frozenCopy(value, refuse) : value;
      Object.defineProperty(copy, key, { value: own, enumerable: true });
    }
  }
  return Object.freeze(copy);
}

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
