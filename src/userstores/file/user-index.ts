import { isUtf8 } from 'node:buffer';
import type { Group, User } from '../../core/user';
import { FileFault } from '../../files/file-fault';
import type { Located } from '../../files/yaml-nodes';
import { holds } from '../record-fields';
import type { RecordReader } from './plain-record';
import { readRecords, type RecordTaker, type Section } from './plain-records';
import { groupOf, plainGroup, readUserRecords, userOf } from './user-file';
import { changeUserFile } from './user-file-text';

const BYTE_ORDER_MARK = Buffer.from('\ufeff');
const HEAD = 'users:\n';
const NEWLINE = 0x0a;

/** Who is in a user file, and in which bytes: all that adding users takes, in a small part of the memory of all records. */
export class UserIndex {
  readonly #found = new FoundNames();
  #usersEnd = 0;

  private constructor(private readonly bytes: Buffer) {}

  /**
   * Reads a user file as {@link readUserRecords} does. Undefined when it has a fault, or is written in a way of which
   * only the whole text tells.
   */
  static *read(bytes: Buffer): Generator<void, UserIndex | undefined> {
    if (!isUtf8(bytes)) return undefined;
    const index = new UserIndex(bytes);
    const isMarked = bytes.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK);
    const end = yield* readRecords(bytes, isMarked ? BYTE_ORDER_MARK.length : 0, index.#found);
    if (end === undefined || !index.#found.areGroupsKnown()) return undefined;
    index.#usersEnd = end;
    return index;
  }

  has(username: string): boolean {
    return this.#found.users.has(username);
  }

  get groups(): ReadonlyMap<string, Group> {
    return this.#found.groups;
  }

  /**
   * The file with more users, as pieces to be written one after the other. Only the last records are read and changed,
   * and what comes out is read again. Undefined when it is not exactly what was meant.
   *
   * @param added users who are not there
   * @throws {FileFault} when they are written in a way that is not edited
   */
  *insert(added: ReadonlyMap<string, User>): Generator<void, readonly Buffer[] | undefined> {
    const { bytes } = this;
    // Of two records one can see whether there are empty lines between them.
    const start = this.#found.starts.at(-2) ?? this.#found.starts.at(-1);
    if (start === undefined) return undefined;
    const groups = [...this.groups.values()];
    const text = HEAD + bytes.toString('utf8', start, this.#usersEnd);
    const before = yield* readUserRecords(text, groups);
    const next = changeUserFile(text, before, added);
    if (!next.startsWith(HEAD) || !(yield* holds(yield* readUserRecords(next, groups), before, added))) return undefined;
    const piece = Buffer.from(next.slice(HEAD.length));
    const rest = bytes.subarray(this.#usersEnd);
    if (rest.length > 0 && piece.at(-1) !== NEWLINE) return undefined;
    return [bytes.subarray(0, start), piece, rest];
  }
}

class FoundNames implements RecordTaker {
  readonly users = new Set<string>();
  readonly groups = new Map<string, Group>();
  /** Where the last two users begin. */
  readonly starts: number[] = [];
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

  private addUser(username: string, groups: readonly string[], start: number): void {
    const { size } = this.users;
    if (this.users.add(username).size === size) throw new FileFault('has a user twice');
    for (const name of groups) this.#named.add(name);
    if (this.starts.length === 2) this.starts.shift();
    this.starts.push(start);
  }

  private addGroup(group: Group): void {
    if (this.groups.has(group.name)) throw new FileFault('has a group twice');
    this.groups.set(group.name, group);
    for (const name of group.groups ?? []) this.#named.add(name);
  }
}
