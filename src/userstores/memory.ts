import { stampAfter } from '../core/stamp';
import type { Group, User } from '../core/user';
import type { PasswordUpdate, UserstoreInterface } from '../core/userstore';
import { ConfigurationError } from '../errors';
import { unchecked } from '../util/option-kinds';
import { isPlainObject, type Kind, parseOptions, withoutContainer } from '../util/parse-options';
import { printable } from '../util/printable';
import { isSameSecret } from '../util/same-secret';
import { groupFault, userFault, type RecordFault } from './record-schema';
import { frozenCopy, rolesIn, SnapshotBuilder, type Snapshot } from './snapshot';

/** Records as an array, or as an object keyed by their names. In an object the records may omit the name. */
export type Records<T, K extends keyof T> =
  readonly T[] | Readonly<Record<string, Omit<T, K> & Partial<Pick<T, K>>>>;

/** The options of {@link MemoryUserstore}. */
export interface MemoryUserstoreOptions<U extends User = User> {
  /** A list of users, or an object of users by username. */
  users: Records<U, 'username'>;
  /** Every group that a user or group names must be here. @default none */
  groups?: Records<Group, 'name'>;
}

const OPTIONS = {
  // Checked record by record.
  users: unchecked<unknown>(),
  groups: unchecked<unknown>(),
} satisfies Record<keyof MemoryUserstoreOptions, Kind<unknown>>;

/**
 * Users and groups held in memory, given when the app starts: for tests, examples and a handful of accounts. A changed
 * password is kept until the process ends.
 *
 * Records are plain objects, and may have more fields than {@link User} if an app needs them. They are copied, and
 * returned records are frozen. Names are compared exactly: no case folding, trimming or Unicode normalisation, so write
 * them as clients send them.
 */
export class MemoryUserstore<U extends User = User> implements UserstoreInterface<U> {
  readonly #snapshot: Snapshot<U>;
  /** Users whose password was changed. */
  readonly #changed = new Map<string, U>();

  /** @throws {ConfigurationError} that names an invalid record */
  constructor(options: MemoryUserstoreOptions<U>) {
    const { users, groups = [] } = parseOptions('MemoryUserstore', withoutContainer(options), OPTIONS);
    const builder = new SnapshotBuilder<U, Place>({
      refuse: (place, problem) => refused(`${wordsOf(place)} ${problem}`),
      nameOf: wordsOf,
      ofUser: (name) => placeOf('users', 'username', users, name),
      ofGroup: (name) => placeOf('groups', 'name', groups, name),
    });
    read('users', 'username', users, (user, place) => {
      refuseFault(userFault(user), place);
      builder.addUser(user as unknown as U, place);
    });
    read('groups', 'name', groups, (group, place) => {
      refuseFault(groupFault(group), place);
      builder.addGroup(group as unknown as Group, place);
    });
    this.#snapshot = builder.build();
  }

  getUser(identifier: string): U | null {
    return this.#changed.get(identifier) ?? this.#snapshot.users.get(identifier) ?? null;
  }

  getGroup(name: string): Group | null {
    return this.#snapshot.groups.get(name) ?? null;
  }

  updatePassword({ username }: U, newHash: string, oldHash: string, changes?: PasswordUpdate): boolean {
    const user = this.getUser(username);
    if (user?.password == null || !isSameSecret(user.password, oldHash)) return false;
    const tokensValidFrom = stampAfter(user.tokensValidFrom, changes);
    const changed = { ...user, password: newHash, ...(tokensValidFrom && { tokensValidFrom }) };
    this.#changed.set(
      username,
      frozenCopy(changed, () => new TypeError('The hash must be a plain value')),
    );
    return true;
  }

  listRoles(): Iterable<string> {
    return rolesIn(this.#snapshot);
  }
}

type PlainRecord = Record<string, unknown>;

/** The place of a record in the options. */
interface Place {
  readonly list: string;
  readonly key: string | number;
  /** The name that the record states. */
  readonly name: unknown;
}

/** Calls `take` for each record, in order. */
function read(
  list: string,
  nameField: 'username' | 'name',
  records: unknown,
  take: (record: PlainRecord, place: Place) => void,
): void {
  if (Array.isArray(records)) {
    (records as readonly unknown[]).forEach((record, key) => {
      if (!isPlainObject(record)) throw refused(`${wordsOf({ list, key, name: undefined })} ${NOT_PLAIN}`);
      take(record, { list, key, name: record[nameField] });
    });
    return;
  }
  if (!isPlainObject(records)) throw refused(`${list} must be an array, or an object keyed by name`);
  for (const key of Object.keys(records)) {
    const record = records[key];
    const place = { list, key, name: undefined };
    if (!isPlainObject(record)) throw refused(`${wordsOf(place)} ${NOT_PLAIN}`);
    const named: PlainRecord = { [nameField]: key, ...record };
    if (named[nameField] !== key) throw refused(`${wordsOf(place)} has another ${nameField} than its key`);
    take(named, place);
  }
}

/** The place of the first record with that name. */
function placeOf(list: string, nameField: string, records: unknown, name: string): Place {
  if (!Array.isArray(records)) return { list, key: name, name };
  const isNamed = (record: unknown): boolean => isPlainObject(record) && record[nameField] === name;
  return { list, key: records.findIndex(isNamed), name };
}

const NOT_PLAIN = 'must be a plain object';

/** The words that name a record. */
function wordsOf({ list, key, name }: Place): string {
  if (typeof key === 'string') return `${list}[${JSON.stringify(printable(key))}]`;
  const place = `${list}[${String(key)}]`;
  return typeof name === 'string' ? `${place} (${JSON.stringify(printable(name))})` : place;
}

function refuseFault(fault: RecordFault | undefined, place: Place): void {
  if (fault !== undefined) throw refused(`${wordsOf(place)}: ${fault.problem}`);
}

function refused(problem: string): ConfigurationError {
  return new ConfigurationError(`MemoryUserstore: ${problem}`);
}
