import { FileFault } from '../../files/file-fault';
import { readYaml } from '../../files/yaml';
import type { Located } from '../../files/yaml-nodes';
import { FILE_USER_FIELDS, GROUP_FIELDS } from '../record-schema';
import { type FieldTable, fieldTable, type Kind, RecordReader } from './plain-record';

export type Section = 'users' | 'groups';

/** Receives the records of a file in order. An error that it throws is a fault of the file. */
export interface RecordTaker {
  /**
   * A valid plain record, which is only valid until the next is read; it begins at `start`. @param lineOf returns the
   * line number of an offset
   */
  plain(section: Section, record: RecordReader, start: number, lineOf: (offset: number) => number): void;
  /** Any other record. */
  other(section: Section, item: Located, start: number): void;
}

const KINDS: Readonly<Record<string, Kind>> = {
  active: 'flag',
  roles: 'list',
  groups: 'list',
  tokensValidFrom: 'time',
};
const TABLES: Readonly<Record<Section, FieldTable>> = {
  users: tableOf(FILE_USER_FIELDS),
  groups: tableOf(GROUP_FIELDS),
};
const KEYS = (['users', 'groups'] as const).map((section) => ({
  section,
  bytes: Buffer.from(`${section}:`),
}));
const RECORDS_PER_STEP = 50;
const [TAB, LF, CR, SPACE, HASH, DASH] = [0x09, 0x0a, 0x0d, 0x20, 0x23, 0x2d];

/**
 * A top-level key may begin with these, also in quotes. A line that begins otherwise may continue the record before.
 */
const KEY_START = /^[a-z"']$/;

export function beginsKey(byte: number | undefined): boolean {
  return byte !== undefined && KEY_START.test(String.fromCharCode(byte));
}

function tableOf(fields: readonly string[]): FieldTable {
  return fieldTable(Object.fromEntries(fields.map((field) => [field, KINDS[field] ?? 'text'])));
}

/**
 * Reads a user file record by record, if its sections are block lists. Records that are not plain are cut out and read
 * by the YAML library, adjacent ones together. A piece from dash to dash that is valid by itself, with as many records
 * as dashes, means the same in its place.
 *
 * @param begin where the text begins, after a byte order mark
 * @returns where the list of users ends. Undefined if the file is written in another way or has a fault: then the
 * library has to read it as a whole, and the records received so far are void
 */
export function* readRecords(
  bytes: Buffer,
  begin: number,
  take: RecordTaker,
): Generator<void, number | undefined> {
  try {
    return yield* new RecordsOfFile(bytes, take).read(begin);
  } catch (error) {
    if (error instanceof FileFault) return undefined;
    throw error;
  }
}

class RecordsOfFile {
  readonly #record: RecordReader;
  readonly #seen = new Set<Section>();
  #line = 1;
  #counted = 0;
  #lastStart = 0;
  #steps = 0;

  constructor(
    private readonly bytes: Buffer,
    private readonly take: RecordTaker,
  ) {
    this.#record = new RecordReader(bytes);
  }

  *read(begin: number): Generator<void, number | undefined> {
    let usersEnd: number | undefined;
    let last: Section | undefined;
    let at = this.#record.content(begin);
    while (at < this.bytes.length) {
      const start = at;
      const key = KEYS.find(({ bytes }) => bytes.equals(this.bytes.subarray(start, start + bytes.length)));
      const next = key === undefined ? -1 : this.#record.lineEnd(at + key.bytes.length);
      if (key === undefined || next === -1) {
        return beginsKey(this.bytes[start]) && last === 'users' && (yield* this.rest())
          ? usersEnd
          : undefined;
      }
      if (this.#seen.has(key.section)) return undefined;
      this.#seen.add(key.section);
      const end = yield* this.list(key.section, this.#record.content(next));
      if (end === undefined) return undefined;
      if (key.section === 'users') usersEnd = end;
      last = key.section;
      at = end;
    }
    return usersEnd;
  }

  /** @returns where the line after the list begins; undefined if it is not a list of records */
  private *list(section: Section, start: number): Generator<void, number | undefined> {
    const indent = this.#record.spaces(start) - start;
    if (!this.isDash(start, indent)) return undefined;
    let others: number[] = [];
    let at = start;
    while (this.isDash(at, indent)) {
      this.#lastStart = at;
      const end = this.#record.read(at, indent, TABLES[section]);
      if (end === -1) {
        others.push(at);
        at = this.nextRecord(at, indent);
        continue;
      }
      if (others.length > 0) {
        if (!(yield* this.others(section, others, at))) return undefined;
        others = [];
      }
      this.take.plain(section, this.#record, at, this.lineOf);
      this.#steps += 1;
      if (this.#steps % RECORDS_PER_STEP === 0) yield;
      at = this.#record.content(end);
    }
    if (others.length > 0 && !(yield* this.others(section, others, at))) return undefined;
    return at;
  }

  /** Reads adjacent records with the library. False if their number differs from the number of dashes. */
  private *others(section: Section, starts: readonly number[], end: number): Generator<void, boolean> {
    const [start = 0] = starts;
    const text = `${section}:\n${this.bytes.toString('utf8', start, end)}`;
    let count = 0;
    const sections = yield* readYaml(text, this.lineOf(start) - 1, (_, item) => {
      this.take.other(section, item, starts[count] ?? 0);
      count += 1;
    });
    return sections.size === 1 && sections.get(section)?.isSequence === true && count === starts.length;
  }

  /**
   * Reads the part after the list of users with the library, starting with the last user. False if it is not a list of
   * groups.
   */
  private *rest(): Generator<void, boolean> {
    const text = `users:\n${this.bytes.toString('utf8', this.#lastStart)}`;
    let users = 0;
    const sections = yield* readYaml(text, this.lineOf(this.#lastStart) - 1, (section, item) => {
      if (section === 'users') users += 1;
      else if (section === 'groups') this.take.other(section, item, 0);
    });
    const isKnown = [...sections].every(
      ([section, { isSequence }]) => isSequence && (section === 'users' || section === 'groups'),
    );
    return isKnown && users === 1 && !(this.#seen.has('groups') && sections.has('groups'));
  }

  /** Where the next record, or the next top-level key, begins. */
  private nextRecord(start: number, indent: number): number {
    const { bytes } = this;
    for (let at = start; ;) {
      const end = bytes.indexOf(LF, at);
      if (end === -1 || end + 1 === bytes.length) return bytes.length;
      at = end + 1;
      if (this.isDash(at, indent)) return at;
      const first = bytes[at];
      if (first !== SPACE && first !== TAB && first !== LF && first !== CR && first !== HASH) return at;
    }
  }

  private isDash(line: number, indent: number): boolean {
    const { bytes } = this;
    if (this.#record.spaces(line) !== line + indent || bytes[line + indent] !== DASH) return false;
    const next = bytes[line + indent + 1];
    return next === undefined || next === SPACE || next === LF || next === CR;
  }

  private readonly lineOf = (offset: number): number => {
    // A record that was cut out asks for its line after later records have.
    const { bytes } = this;
    const [from, to] = [Math.min(offset, this.#counted), Math.max(offset, this.#counted)];
    let count = 0;
    for (let at = from; at < to; at += 1) if (bytes[at] === LF) count += 1;
    this.#line += offset < this.#counted ? -count : count;
    this.#counted = offset;
    return this.#line;
  };
}
