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
 * @throws {FileFault} with the line of what does not hold
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
  const builder = new SnapshotBuilder<User, number>({
    refuse: (line, problem) => new FileFault(problem, line),
    nameOf: (line) => `the one on line ${String(line)}`,
  });
  const plain = plainRecords(text);
  let step = plain.next();
  for (let count = 1; step.done !== true; count += 1) {
    addUser(builder, step.value);
    step = plain.next();
    if (count % RECORDS_PER_STEP === 0) yield;
  }
  const sections = yield* readYaml(step.value.text, step.value.firstLine, (section, item) => {
    if (section === 'users') addUser(builder, item);
    if (section === 'groups') addGroup(builder, item);
  });
  for (const [section, { isSequence, line }] of sections) {
    if (section !== 'users' && section !== 'groups')
      throw new FileFault('may only have users and groups', line);
    if (!isSequence) throw new FileFault(`must have a list (- ...) as ${section}`, line);
  }
  if (!sections.has('users')) throw new FileFault('has no users');
  return { ...builder.build(), lines: builder.userPlaces };
}

function addUser(builder: SnapshotBuilder<User, number>, item: Located): void {
  const { record, lineOf } = readRecord(item, USER_FIELDS);
  if (typeof record['tokensValidFrom'] === 'string')
    record['tokensValidFrom'] = toDate(record['tokensValidFrom']);
  refuse(userFault(record), lineOf);
  builder.addUser(record as unknown as User, item.line);
}

function addGroup(builder: SnapshotBuilder<User, number>, item: Located): void {
  const { record, lineOf } = readRecord(item, GROUP_FIELDS);
  refuse(groupFault(record), lineOf);
  builder.addGroup(record as unknown as Group, item.line);
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
    if (!known.includes(key))
      throw new FileFault(`has a key that is none of ${known.join(', ')}`, field.line);
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
