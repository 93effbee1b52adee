/**
 * Changes the text of a user file: only values that differ, and new records in the style of the last one. Comments,
 * order, quotes, line ends and every other byte stay.
 */
import { isScalar, isSeq } from 'yaml';
import type { User } from '../../core/user';
import { FileFault } from '../../files/file-fault';
import { listSplices } from './list-text';
import { changedFields, fieldsOf } from '../record-fields';
import { type FoundRecord, rangeOf, RecordFinder, type RecordMap, type RecordPair } from './record-node';
import { SourceText, type Splice } from './source-text';
import type { UserRecords } from './user-file';
import { type FieldValue, isList, valueText } from './yaml-scalars';

/** The file is written in a form that cannot be edited. */
export class UneditableFault extends FileFault {
  constructor(line?: number) {
    super(
      'is written in a way that is only edited by hand; a list of records (- username: ...) is edited',
      line,
    );
  }
}

/**
 * The text with these users in it. Callers must read it again before they write it: rare forms of YAML may come out
 * wrong.
 *
 * @param text undefined for a new file
 * @param changed users in their new state, by name
 * @param removed names of the users to remove; `changed` contains none of them
 * @throws {UneditableFault}
 */
export function changeUserFile(
  text: string | undefined,
  records: UserRecords,
  changed: ReadonlyMap<string, User>,
  removed: ReadonlySet<string> = new Set(),
): string {
  const added = [...changed.values()].filter(({ username }) => !records.users.has(username));
  if (text === undefined) {
    return `users:\n${added.map((user) => `  - ${blockText(user, '    ', '\n')}\n`).join('')}`;
  }
  const change = new TextChange(text, records);
  for (const [name, user] of changed) change.update(name, user);
  // New records go after the last one, which must not be removed at the same time.
  if (added.length > 0 && removed.size > 0) throw new UneditableFault();
  for (const name of removed) change.remove(name);
  if (added.length > 0) change.append(added);
  return change.result();
}

class TextChange {
  readonly #source: SourceText;
  readonly #finder: RecordFinder;
  readonly #splices: Splice[] = [];

  constructor(
    text: string,
    private readonly records: UserRecords,
  ) {
    this.#source = new SourceText(text);
    this.#finder = new RecordFinder(text);
  }

  update(name: string, user: User): void {
    const before = this.records.users.get(name);
    if (before === undefined) return;
    const fields = changedFields(before, user);
    if (fields.size === 0) return;
    const record = this.found(name);
    for (const pair of record.map.items) {
      const field = String(pair.key.value);
      const value = fields.get(field);
      if (value === undefined) continue;
      this.replace(record, pair, value);
      fields.delete(field);
    }
    if (fields.size > 0) this.insert(record, fields);
  }

  /** Removes the lines of a record with the comments in it; comments above it stay. */
  remove(name: string): void {
    if (!this.records.users.has(name)) return;
    const { map, base, list } = this.found(name);
    if (list?.flow === true) throw new UneditableFault(this.records.lines.get(name));
    const [start, end] = rangeOf(map).map((offset) => base + offset) as [number, number];
    const { text } = this.#source;
    const dash = text.lastIndexOf('-', start);
    if (!this.#source.isIndent(dash)) throw new UneditableFault(this.records.lines.get(name));
    this.splice(this.#source.lineStart(dash), this.#source.nextLine(this.#source.lineEnd(end)), '');
  }

  append(users: readonly User[]): void {
    const last = [...this.records.lines.keys()].at(-1);
    if (last === undefined) this.fill(users);
    else this.appendAfter(this.found(last), users);
  }

  result(): string {
    const text = this.#source.with(this.#splices);
    if (text === undefined) throw new UneditableFault();
    return text;
  }

  private appendAfter({ map, base, list }: FoundRecord, users: readonly User[]): void {
    const { text, eol } = this.#source;
    const [start, end] = rangeOf(map).map((offset) => base + offset) as [number, number];
    if (list?.flow === true) {
      const between = this.#source.isIndent(start) ? `,${eol}${this.#source.margin(start)}` : ', ';
      this.splice(end, end, users.map((user) => `${between}${flowText(user, isQuoted(map))}`).join(''));
      return;
    }
    const dash = text.lastIndexOf('-', start);
    const margin = this.#source.margin(dash);
    const lead = /^- +$/.test(text.slice(dash, start)) ? text.slice(dash, start) : '- ';
    const inner = margin + ' '.repeat(lead.length);
    const between = this.records.lines.size > 1 && this.#source.isSpaced(dash) ? `${eol}${eol}` : eol;
    const texts = users.map((user) =>
      map.flow === true ? flowText(user, isQuoted(map)) : blockText(user, inner, eol, isQuoted(map)),
    );
    const at = this.#source.lineEnd(end);
    this.splice(at, at, texts.map((record) => `${between}${margin}${lead}${record}`).join(''));
  }

  /** Adds the first users to an empty list. */
  private fill(users: readonly User[]): void {
    const { text, eol } = this.#source;
    const list = this.#finder.list();
    if (list === undefined || list.items.length > 0) throw new UneditableFault();
    const [start, end] = rangeOf(list);
    if (text.trimStart().startsWith('{')) {
      this.splice(start, end, `[${users.map((user) => flowText(user, true)).join(', ')}]`);
    } else {
      const records = users.map((user) => `${eol}  - ${blockText(user, '    ', eol)}`);
      this.splice(text.lastIndexOf(':', start) + 1, end, records.join(''));
    }
  }

  private found(name: string): FoundRecord {
    const line = this.records.lines.get(name) ?? 0;
    const record = this.#finder.find(name, line);
    if (record === undefined) throw new UneditableFault(line);
    return record;
  }

  private replace({ base }: FoundRecord, { key, value }: RecordPair, next: FieldValue): void {
    const keyEnd = base + rangeOf(key)[1];
    if (value === null) {
      this.splice(keyEnd, keyEnd, `: ${valueText(next)}`);
      return;
    }
    if (isSeq(value) && isList(next)) {
      this.#splices.push(...listSplices(this.#source, value, base, keyEnd, next));
      return;
    }
    const { text, eol } = this.#source;
    const [start, end] = rangeOf(value).map((offset) => base + offset) as [number, number];
    // An empty value begins right after the colon, or at the comment.
    const before = /\s/.test(text[start - 1] ?? '') ? '' : ' ';
    const after = text.slice(start, end).endsWith('\n') ? eol : text[end] === '#' ? ' ' : '';
    const style = isScalar(value) ? value.type : undefined;
    this.splice(start, end, `${before}${valueText(next, style)}${after}`);
  }

  private insert({ map, base }: FoundRecord, fields: ReadonlyMap<string, FieldValue>): void {
    const [first, last] = [map.items[0], map.items.at(-1)];
    if (first === undefined || last === undefined) throw new UneditableFault();
    const end = base + rangeOf(last.value ?? last.key)[1];
    const texts = [...fields].map(([field, value]) => pairText(field, value, isQuoted(map)));
    if (map.flow === true) {
      this.splice(end, end, texts.map((text) => `, ${text}`).join(''));
    } else {
      const margin = this.#source.margin(base + rangeOf(first.key)[0]);
      const at = this.#source.lineEnd(end);
      this.splice(at, at, texts.map((text) => `${this.#source.eol}${margin}${text}`).join(''));
    }
  }

  private splice(start: number, end: number, text: string): void {
    this.#splices.push({ start, end, text });
  }
}

/** True if the record's keys are in double quotes, as in JSON. */
function isQuoted({ items }: RecordMap): boolean {
  return items.every(({ key }) => key.type === 'QUOTE_DOUBLE');
}

function blockText(user: User, margin: string, eol: string, quoted = false): string {
  return pairTexts(user, quoted).join(`${eol}${margin}`);
}

function flowText(user: User, quoted: boolean): string {
  const pairs = pairTexts(user, quoted).join(', ');
  return quoted ? `{${pairs}}` : `{ ${pairs} }`;
}

function pairTexts(user: User, quoted: boolean): string[] {
  return [...fieldsOf(user)].map(([field, value]) => pairText(field, value, quoted));
}

function pairText(field: string, value: FieldValue, quoted: boolean): string {
  const text = valueText(value, quoted ? 'QUOTE_DOUBLE' : undefined);
  return quoted ? `"${field}": ${text}` : `${field}: ${text}`;
}
