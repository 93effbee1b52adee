import { isUtf8 } from 'node:buffer';
import type { Group, User } from '../../core/user';
import { FileFault } from '../../files/file-fault';
import type { Located } from '../../files/yaml-nodes';
import { holds } from '../record-fields';
import type { RecordReader } from './plain-record';
import { beginsKey, readRecords, type RecordTaker, type Section } from './plain-records';
import { groupOf, plainGroup, readUserRecords, userOf } from './user-file';
import { changeUserFile } from './user-file-text';

const BYTE_ORDER_MARK = Buffer.from('\ufeff');
const HEAD = 'users:\n';
const NEWLINE = 0x0a;

/**
 * The user names in a user file and the positions of its last records: all that is needed to add users, in a fraction
 * of the memory of all records.
 */
export class UserIndex {
  private constructor(
    private readonly found: FoundNames,
    private readonly usersEnd: number,
  ) {}

  /**
   * Reads a user file like {@link readUserRecords}. Undefined if it has a fault, or a form that only reading the whole
   * text can judge.
   */
  static *read(bytes: Buffer): Generator<void, UserIndex | undefined> {
    if (!isUtf8(bytes)) return undefined;
    const found = new FoundNames();
    const isMarked = bytes.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK);
    const end = yield* readRecords(bytes, isMarked ? BYTE_ORDER_MARK.length : 0, found);
    return end === undefined || !found.areGroupsKnown() ? undefined : new UserIndex(found, end);
  }

  has(username: string): boolean {
    return this.found.users.has(username);
  }

  get size(): number {
    return this.found.users.size;
  }

  get groups(): ReadonlyMap<string, Group> {
    return this.found.groups;
  }

  /**
   * The file with more users, as pieces to be written one after the other. Only the last records are read and changed,
   * and the result is read back. Undefined if the result is not exactly as intended.
   *
   * @param bytes the file that this index belongs to
   * @param added users who are not in the file yet
   * @throws {FileFault} when the file's form cannot be edited
   */
  *insert(bytes: Buffer, added: ReadonlyMap<string, User>): Generator<void, Insertion | undefined> {
    // Two records show whether there are empty lines between records.
    const start = this.found.nextToLastStart;
    const groups = [...this.groups.values()];
    const text = HEAD + bytes.toString('utf8', start, this.usersEnd);
    const before = yield* readUserRecords(text, groups);
    const next = changeUserFile(text, before, added);
    if (!next.startsWith(HEAD) || !(yield* holds(yield* readUserRecords(next, groups), before, added)))
      return undefined;
    const piece = Buffer.from(next.slice(HEAD.length));
    const rest = bytes.subarray(this.usersEnd);
    if (rest.length > 0 && !(piece.at(-1) === NEWLINE && beginsKey(rest[0]))) return undefined;
    const end = start + piece.length;
    return {
      pieces: [bytes.subarray(0, start), piece, rest],
      index: yield* this.grown(piece, start, end, added.keys()),
    };
  }

  private *grown(piece: Buffer, start: number, end: number, names: Iterable<string>) {
    const last = new FoundNames();
    const text = Buffer.concat([Buffer.from(HEAD), piece]);
    if ((yield* readRecords(text, 0, last)) === undefined) return undefined;
    this.found.grow(names, start - HEAD.length + last.nextToLastStart, start - HEAD.length + last.lastStart);
    return new UserIndex(this.found, end);
  }
}

export interface Insertion {
  readonly pieces: readonly Buffer[];
  /** The index of the new file, which replaces the old one; undefined if the file has to be read for it. */
  readonly index: UserIndex | undefined;
}

class FoundNames implements RecordTaker {
  readonly users = new Set<string>();
  readonly groups = new Map<string, Group>();
  nextToLastStart = 0;
  lastStart = 0;
  readonly #named = new Set<string>();

  plain(section: Section, record: RecordReader, start: number): void {
    if (section === 'users') this.addUser(record.text(0), record.has(5) ? record.list(5) : [], start);
    else this.addGroup(plainGroup(record));
  }

  other(section: Section, item: Located, start: number): void {
    if (section === 'groups') {
      this.addGroup(groupOf(item));
      return;
    }
    const { username, groups } = userOf(item);
    this.addUser(username, groups ?? [], start);
  }

  areGroupsKnown(): boolean {
    return [...this.#named].every((name) => this.groups.has(name));
  }

  grow(users: Iterable<string>, nextToLastStart: number, lastStart: number): void {
    for (const name of users) this.users.add(name);
    this.nextToLastStart = nextToLastStart;
    this.lastStart = lastStart;
  }

  private addUser(username: string, groups: readonly string[], start: number): void {
    const { size } = this.users;
    if (this.users.add(username).size === size) throw new FileFault('has a user twice');
    for (const name of groups) this.#named.add(name);
    this.nextToLastStart = size === 0 ? start : this.lastStart;
    this.lastStart = start;
  }

  private addGroup(group: Group): void {
    if (this.groups.has(group.name)) throw new FileFault('has a group twice');
    this.groups.set(group.name, group);
    for (const name of group.groups ?? []) this.#named.add(name);
  }
}
