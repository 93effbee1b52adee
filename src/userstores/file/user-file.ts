import type { Group, User } from '../../core/user';
import { FileFault } from '../../files/file-fault';
import { readYaml } from '../../files/yaml';
import type { Located } from '../../files/yaml-nodes';
import { plainRecords } from './plain-records';
import { GROUP_FIELDS, groupFault, USER_FIELDS, userFault, type RecordFault } from '../record-schema';
import { SnapshotBuilder, type Snapshot } from '../snapshot';

const RECORDS_PER_STEP = 50;

/**
 * Reads the text of a user file: a mapping with `users` and `groups`, both lists of records. It yields now
 * and then, so that the caller can let other work go on.
 *
 * @throws {FileFault} with the line that is not valid
 */
export function* readUserFile(text: string): Generator<void, Snapshot> {
  const { users, groups } = yield* readUserRecords(text);
  return { users, groups };
}

/** What a user file holds, and the line on which each user's record begins, in the order of the file. */
export interface UserRecords extends Snapshot {
  readonly lines: ReadonlyMap<string, number>;
}

/** {@link readUserFile}, for those who edit it. */
export function* readUserRecords(text: string): Generator<void, UserRecords> {
  const read = new ReadRecords();
  const plain = plainRecords(text);
  let step = plain.next();
  for (let count = 1; step.done !== true; count += 1) {
    read.addUser(step.value);
    step = plain.next();
    if (count % RECORDS_PER_STEP === 0) yield;
  }
  const sections = yield* readYaml(step.value.text, step.value.firstLine, (section, item) => {
    if (section === 'users') read.addUser(item);
    if (section === 'groups') read.addGroup(item);
  });
  for (const [section, { isSequence, line }] of sections) {
    if (section !== 'users' && section !== 'groups')
      throw new FileFault('may only have users and groups', line);
    if (!isSequence) throw new FileFault(`must have a list (- ...) as ${section}`, line);
  }
  if (!sections.has('users')) throw new FileFault('has no users');
  return read.result();
}

class ReadRecords {
  readonly #userLines = new Map<string, number>();
  readonly #groupLines = new Map<string, number>();
  readonly #builder = new SnapshotBuilder<User, number>({
    refuse: (line, problem) => new FileFault(problem, line),
    nameOf: (line) => `the one on line ${String(line)}`,
    ofUser: (name) => this.#userLines.get(name) ?? 0,
    ofGroup: (name) => this.#groupLines.get(name) ?? 0,
  });

  addUser(item: Located): void {
    const { record, lineOf } = readRecord(item, USER_FIELDS);
    if (typeof record['tokensValidFrom'] === 'string')
      record['tokensValidFrom'] = toDate(record['tokensValidFrom']);
    refuse(userFault(record), lineOf);
    const user = record as unknown as User;
    this.#builder.addUser(user, item.line);
    this.#userLines.set(user.username, item.line);
  }

  addGroup(item: Located): void {
    const { record, lineOf } = readRecord(item, GROUP_FIELDS);
    refuse(groupFault(record), lineOf);
    const group = record as unknown as Group;
    this.#builder.addGroup(group, item.line);
    this.#groupLines.set(group.name, item.line);
  }

  result(): UserRecords {
    return { ...this.#builder.build(), lines: this.#userLines };
  }
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
    // Nothing after the colon is nothing given, except where absent grants: an `active` is never dropped.
    if (field.value !== null || key === 'active') record[key] = field.value;
  }
  return { record, lineOf: (field) => fields.get(field)?.line ?? line };
}

function refuse(fault: RecordFault | undefined, lineOf: (field: string) => number): void {
  if (fault !== undefined) throw new FileFault(fault.problem, lineOf(fault.field));
}

/** A moment in ISO 8601 with its zone; everything else stays what it is, and is refused as no date. */
function toDate(text: string): Date | string {
  const match = /^((?:\d{4}|\+\d{6})-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d{1,3})?(?:Z|[+-]\d\d:\d\d)$/.exec(text);
  const moment = new Date(text);
  if (match?.[1] === undefined || Number.isNaN(moment.getTime())) return text;
  // The 31st of June would become the 1st of July.
  const local = new Date(`${match[1]}Z`);
  return !Number.isNaN(local.getTime()) && local.toISOString().startsWith(match[1]) ? moment : text;
}
