import { stampAfter } from '../core/stamp';
import type { Group, User } from '../core/user';
import type { PasswordUpdate, UserstoreInterface } from '../core/userstore';
import { ConfigurationError } from '../errors';
import { unchecked } from '../util/option-kinds';
import { type Kind, parseOptions, withoutContainer } from '../util/parse-options';
import { printable } from '../util/printable';
import { isSameSecret } from '../util/same-secret';
import { groupFault, userFault, type RecordFault } from './record-schema';
import { frozenCopy, isPlainObject, rolesIn, SnapshotBuilder, type Snapshot } from './snapshot';

/** Records as an array, or as an object keyed by their names, which may then be left out of the records. */
export type Records<T, K extends keyof T> =
  readonly T[] | Readonly<Record<string, Omit<T, K> & Partial<Pick<T, K>>>>;

export interface MemoryUserstoreOptions<U extends User = User> {
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
 * Users and groups held in memory, given when the app starts: for tests, examples and a handful of accounts. A
 * changed password is kept until the process ends.
 *
 * Records are plain objects, with more fields than {@link User} has where an app needs them. They are
 * copied, and what is handed out is frozen. Names are compared exactly: no case folding, trimming or
 * Unicode normalisation, so write them as clients send them.
 */
export class MemoryUserstore<U extends User = User> implements UserstoreInterface<U> {
  readonly #snapshot: Snapshot<U>;
  /** Those whose password was changed. */
  readonly #changed = new Map<string, U>();

  /** @throws {ConfigurationError} naming the record that does not hold */
  constructor(options: MemoryUserstoreOptions<U>) {
    const { users, groups } = parseOptions('MemoryUserstore', withoutContainer(options), OPTIONS);
    const builder = new SnapshotBuilder<U, string>({
      refuse: (place, problem) => new ConfigurationError(`MemoryUserstore: ${place} ${problem}`),
      nameOf: (place) => place,
    });
    for (const [place, user] of listed('users', 'username', users)) {
      refuseFault(place, userFault(user));
      builder.addUser(user as U, place);
    }
    for (const [place, group] of listed('groups', 'name', groups === undefined ? [] : groups)) {
      refuseFault(place, groupFault(group));
      builder.addGroup(group as Group, place);
    }
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

/** Each record with the words that name it. */
function* listed(list: string, nameField: string, records: unknown): Generator<[string, object]> {
  if (!Array.isArray(records) && !isPlainObject(records)) {
    throw new ConfigurationError(`MemoryUserstore: ${list} must be an array, or an object keyed by name`);
  }
  for (const [key, record] of Object.entries(records) as [string, unknown][]) {
    const place = Array.isArray(records) ? `${list}[${key}]` : `${list}[${JSON.stringify(printable(key))}]`;
    if (!isPlainObject(record)) {
      throw new ConfigurationError(`MemoryUserstore: ${place} must be a plain object`);
    }
    if (Array.isArray(records)) {
      const name = record[nameField];
      yield [typeof name === 'string' ? `${place} (${JSON.stringify(printable(name))})` : place, record];
      continue;
    }
    const named: Record<string, unknown> = { [nameField]: key, ...record };
    if (named[nameField] !== key) {
      throw new ConfigurationError(`MemoryUserstore: ${place} has another ${nameField} than its key`);
    }
    yield [place, named];
  }
}

function refuseFault(place: string, fault: RecordFault | undefined): void {
  if (fault !== undefined) throw new ConfigurationError(`MemoryUserstore: ${place}: ${fault.problem}`);
}
