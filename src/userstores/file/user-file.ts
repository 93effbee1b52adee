import type { Group, User } from '../../core/user';
import { FileFault } from '../../files/file-fault';
import { readYaml } from '../../files/yaml';
import type { Located } from '../../files/yaml-nodes';
import { toDate } from './moments';
import type { RecordReader } from './plain-record';
import { readRecords, type RecordTaker, type Section } from './plain-records';
import {
  FILE_USER_FIELDS,
  fileUserFault,
  GROUP_FIELDS,
  groupFault,
  type RecordFault,
} from '../record-schema';
import { SnapshotBuilder, type Snapshot } from '../snapshot';

/**
 * Reads the text of a user file: a mapping with `users` and `groups`, both lists of records. It yields from time to
 * time, so that the caller can let other work run.
 *
 * @throws {FileFault} with the line that is not valid
 */
export function* readUserFile(text: string): Generator<void, Snapshot> {
  const { users, groups } = yield* readUserRecords(text);
  return { users, groups };
}

/** The contents of a user file, and the line on which each user's record begins, in the order of the file. */
export interface UserRecords extends Snapshot {
  readonly lines: ReadonlyMap<string, number>;
}

/**
 * {@link readUserFile} for editing.
 * @param groups for a text that is a part of a file: the groups in the rest of the file
 */
export function* readUserRecords(text: string, groups: Iterable<Group> = []): Generator<void, UserRecords> {
  return (yield* readByRecord(text, groups)) ?? (yield* readWhole(text, groups));
}

/** Undefined if the file is written in a rare form or has a fault: {@link readWhole} tells which. */
function* readByRecord(text: string, groups: Iterable<Group>): Generator<void, UserRecords | undefined> {
  // A lone surrogate would become another character in the bytes.
  if (!text.isWellFormed()) return undefined;
  const read = new ReadRecords(groups);
  if ((yield* readRecords(Buffer.from(text), 0, read)) === undefined) return undefined;
  try {
    return read.result();
  } catch (error) {
    if (error instanceof FileFault) return undefined;
    throw error;
  }
}

/** Reads all of the text with the YAML library. */
export function* readWhole(text: string, groups: Iterable<Group> = []): Generator<void, UserRecords> {
  const read = new ReadRecords(groups);
  const sections = yield* readYaml(text, 1, (section, item) => {
    if (section === 'users' || section === 'groups') read.other(section, item);
  });
  for (const [section, { isSequence, line }] of sections) {
    if (section !== 'users' && section !== 'groups')
      throw new FileFault('may only have users and groups', line);
    if (!isSequence) throw new FileFault(`must have a list (- ...) as ${section}`, line);
  }
  if (!sections.has('users')) throw new FileFault('has no users');
  return read.result();
}

class ReadRecords implements RecordTaker {
  readonly #userLines = new Map<string, number>();
  readonly #groupLines = new Map<string, number>();
  readonly #builder = new SnapshotBuilder<User, number>({
    refuse: (line, problem) => new FileFault(problem, line),
    nameOf: (line) => `the one on line ${String(line)}`,
    ofUser: (name) => this.#userLines.get(name) ?? 0,
    ofGroup: (name) => this.#groupLines.get(name) ?? 0,
  });

  constructor(groups: Iterable<Group>) {
    for (const group of groups) this.#builder.addGroup(group, 0);
  }

  plain(section: Section, record: RecordReader, start: number, lineOf: (offset: number) => number): void {
    const line = lineOf(start);
    if (section === 'users') this.addUser(plainUser(record), line);
    else this.addGroup(plainGroup(record), line);
  }

  other(section: Section, item: Located): void {
    if (section === 'users') this.addUser(userOf(item), item.line);
    else this.addGroup(groupOf(item), item.line);
  }

  result(): UserRecords {
    return { ...this.#builder.build(), lines: this.#userLines };
  }

  private addUser(user: User, line: number): void {
    this.#builder.addUser(user, line);
    this.#userLines.set(user.username, line);
  }

  private addGroup(group: Group, line: number): void {
    this.#builder.addGroup(group, line);
    this.#groupLines.set(group.name, line);
  }
}

/** Reads fields by their positions in {@link FILE_USER_FIELDS}. */
function plainUser(record: RecordReader): User {
  const user: { -readonly [field in keyof User]: User[field] } = { username: record.text(0) };
  if (record.has(1)) user.password = record.text(1);
  if (record.has(2)) user.email = record.text(2);
  if (record.has(3)) user.active = record.text(3) === 'true';
  if (record.has(4)) user.roles = record.list(4);
  if (record.has(5)) user.groups = record.list(5);
  if (record.has(6)) user.tokensValidFrom = new Date(record.text(6));
  if (record.has(7)) user.id = record.text(7);
  return user;
}

/** Reads fields by their positions in {@link GROUP_FIELDS}. */
export function plainGroup(record: RecordReader): Group {
  return {
    name: record.text(0),
    ...(record.has(1) && { roles: record.list(1) }),
    ...(record.has(2) && { groups: record.list(2) }),
  };
}

/** @throws {FileFault} when the record is not valid */
export function userOf(item: Located): User {
  const { record, lineOf } = readRecord(item, FILE_USER_FIELDS);
  if (typeof record['tokensValidFrom'] === 'string')
    record['tokensValidFrom'] = toDate(record['tokensValidFrom']);
  refuse(fileUserFault(record), lineOf);
  return record as unknown as User;
}

/** @throws {FileFault} when the record is not valid */
export function groupOf(item: Located): Group {
  const { record, lineOf } = readRecord(item, GROUP_FIELDS);
  refuse(groupFault(record), lineOf);
  return record as unknown as Group;
}

interface ReadRecord {
  readonly record: Record<string, unknown>;
  readonly lineOf: (field: string) => number;
}

function readRecord({ value, line }: Located, known: readonly string[]): ReadRecord {
  if (!(value instanceof Map)) throw new FileFault('must have a record (key: value) here', line);
  const fields = value as ReadonlyMap<string, Located>;
  const record: Record<string, unknown> = {};
  for (const [key, field] of fields) {
    if (!known.includes(key)) throw new FileFault(`has a key other than ${known.join(', ')}`, field.line);
    // An empty value counts as absent, except if absence grants: an `active` is never dropped.
    if (field.value !== null || key === 'active') record[key] = field.value;
  }
  return { record, lineOf: (field) => fields.get(field)?.line ?? line };
}

function refuse(fault: RecordFault | undefined, lineOf: (field: string) => number): void {
  if (fault !== undefined) throw new FileFault(fault.problem, lineOf(fault.field));
}
