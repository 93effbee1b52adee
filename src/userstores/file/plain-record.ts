import { toDate } from './moments';

/** The kinds of field values. */
export type Kind = 'text' | 'flag' | 'list' | 'time';

/** The fields of a record and their kinds; the first one is the record's name. */
export type FieldTable = readonly { readonly field: string; readonly bytes: Buffer; readonly kind: Kind }[];

export function fieldTable(fields: Readonly<Record<string, Kind>>): FieldTable {
  return Object.entries(fields).map(([field, kind]) => ({ field, bytes: Buffer.from(`${field}:`), kind }));
}

const [TAB, LF, CR, SPACE, QUOTE, HASH, APOSTROPHE] = [0x09, 0x0a, 0x0d, 0x20, 0x22, 0x23, 0x27];
const [COMMA, DASH, ZERO, OPEN, BACKSLASH, CLOSE, DELETE] = [0x2c, 0x2d, 0x30, 0x5b, 0x5c, 0x5d, 0x7f];
/** First of the two bytes of U+0080 to U+00BF; the characters up to U+009F are control characters. */
const [LATIN, FIRST_LATIN, LAST_CONTROL] = [0xc2, 0x80, 0x9f];

// Words that YAML 1.2 reads as exactly these strings in any context: not null, true, false or a number.
const WORD = /^[\p{L}_$/][\p{L}\p{N}_$./@+=-]*$/u;
const RESERVED = /^(?:null|true|false)$/i;
const TIME = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d{1,3})?Z$/;
/**
 * 1 for bytes within a word, 2 for bytes that may also begin one. Other characters than ASCII are checked by
 * {@link WORD}.
 */
const WORD_BYTES = new Uint8Array(256).map((_, byte) => {
  const char = String.fromCharCode(byte);
  if (byte > DELETE || /[A-Za-z_$/]/.test(char)) return 2;
  return /[0-9.@+=-]/.test(char) ? 1 : 0;
});

/**
 * Reads records of a user file that are written in the plain form, one `key: value` per line, directly from its bytes:
 * the YAML library needs about 150 microseconds for such a record, this reader about one. It accepts only text that
 * YAML 1.2 reads the same way, and only valid records; all others are left to the library.
 */
export class RecordReader {
  /** The position of each present field's value, or of its first and last item. */
  readonly #from: number[] = [];
  readonly #to: number[] = [];
  readonly #itemFrom: number[] = [];
  readonly #itemTo: number[] = [];
  #seen = 0;
  #items = 0;
  #valueFrom = 0;
  #valueTo = 0;

  constructor(readonly bytes: Buffer) {}

  /**
   * Reads the record whose dash follows `indent` spaces on the line that begins at `start`.
   * @returns where the next line begins; -1 if the record is not plain
   */
  read(start: number, indent: number, table: FieldTable): number {
    const { bytes } = this;
    if (bytes[start + indent] !== DASH || bytes[start + indent + 1] !== SPACE) return -1;
    let at = this.spaces(start + indent + 1);
    const inner = at - start;
    this.#seen = 0;
    this.#items = 0;
    for (;;) {
      at = this.field(at, inner, table);
      if (at === -1) return -1;
      const next = this.content(at);
      const first = this.spaces(next);
      const column = first - next;
      if (first === bytes.length || column <= indent) break;
      if (column !== inner) return -1;
      at = first;
    }
    return this.has(0) ? at : -1;
  }

  has(field: number): boolean {
    return (this.#seen & (1 << field)) !== 0;
  }

  text(field: number): string {
    return this.slice(this.#from[field] ?? 0, this.#to[field] ?? 0);
  }

  list(field: number): string[] {
    const names: string[] = [];
    const end = this.#to[field] ?? 0;
    for (let item = this.#from[field] ?? 0; item < end; item += 1) {
      names.push(this.slice(this.#itemFrom[item] ?? 0, this.#itemTo[item] ?? 0));
    }
    return names;
  }

  /** Where the next line with content begins, after empty lines and comments. */
  content(start: number): number {
    let line = start;
    for (;;) {
      const at = this.spaces(line);
      if (at === this.bytes.length) return at;
      const next = this.lineEnd(at, true);
      if (next === -1) return line;
      line = next;
    }
  }

  /** The place after the spaces. */
  spaces(start: number): number {
    let at = start;
    while (this.bytes[at] === SPACE) at += 1;
    return at;
  }

  /** Where the next line begins, if only spaces and a comment are left on this one; otherwise -1. */
  lineEnd(start: number, mayBeComment = false): number {
    const { bytes } = this;
    let at = this.spaces(start);
    if (bytes[at] === HASH && (mayBeComment || at > start)) {
      at = this.endOfChars(at, -1, TAB);
    }
    if (at === bytes.length || bytes[at] === LF) return Math.min(at + 1, bytes.length);
    return bytes[at] === CR && bytes[at + 1] === LF ? at + 2 : -1;
  }

  private field(start: number, inner: number, table: FieldTable): number {
    const field = this.fieldAt(start, table);
    const found = table[field];
    if (found === undefined || this.has(field)) return -1;
    this.#seen |= 1 << field;
    let at = start + found.bytes.length;
    if (found.kind === 'list') {
      this.#from[field] = this.#items;
      const next = this.lineEnd(at);
      if (next !== -1) at = this.blockList(next, inner);
      else at = this.bytes[at] === SPACE ? this.endIfWhole(this.flowList(this.spaces(at))) : -1;
      this.#to[field] = this.#items;
      return at;
    }
    if (this.bytes[at] !== SPACE) return -1;
    at = this.spaces(at);
    at = found.kind === 'text' ? this.value(at) : this.other(at, found.kind);
    this.#from[field] = this.#valueFrom;
    this.#to[field] = this.#valueTo;
    return this.endIfWhole(at);
  }

  private endIfWhole(at: number): number {
    return at === -1 ? -1 : this.lineEnd(at);
  }

  private fieldAt(start: number, table: FieldTable): number {
    const { bytes } = this;
    for (let field = 0; field < table.length; field += 1) {
      const name = table[field]?.bytes;
      if (name === undefined) return -1;
      let length = 0;
      while (length < name.length && bytes[start + length] === name[length]) length += 1;
      if (length === name.length) return field;
    }
    return -1;
  }

  /** `[a, "b"]`. @returns the place after it */
  private flowList(start: number): number {
    const { bytes } = this;
    if (bytes[start] !== OPEN) return -1;
    if (bytes[start + 1] === CLOSE) return start + 2;
    for (let at = start + 1; ; at += 1) {
      at = this.item(this.spaces(at));
      if (at === -1 || bytes[at] === CLOSE) return at === -1 ? -1 : at + 1;
      if (bytes[at] !== COMMA) return -1;
    }
  }

  /** `- a` on each line. @returns where the line after the last one begins */
  private blockList(start: number, inner: number): number {
    const { bytes } = this;
    let at = start;
    let column = -1;
    for (;;) {
      const line = this.content(at);
      const dash = this.spaces(line);
      if (bytes[dash] !== DASH || bytes[dash + 1] !== SPACE || dash - line < inner) break;
      if (column !== -1 && dash - line !== column) return -1;
      column = dash - line;
      at = this.endIfWhole(this.item(this.spaces(dash + 1)));
      if (at === -1) return -1;
    }
    return column === -1 ? -1 : at;
  }

  private item(start: number): number {
    const at = this.value(start);
    this.#itemFrom[this.#items] = this.#valueFrom;
    this.#itemTo[this.#items] = this.#valueTo;
    this.#items += 1;
    return at;
  }

  /** A word, or a quoted text without escapes. @returns the place after it */
  private value(start: number): number {
    const { bytes } = this;
    const quote = bytes[start];
    if (quote === QUOTE || quote === APOSTROPHE) {
      const end = this.endOfChars(start + 1, quote, -1);
      this.#valueFrom = start + 1;
      this.#valueTo = end;
      return end > start + 1 && bytes[end] === quote ? end + 1 : -1;
    }
    if (WORD_BYTES[quote ?? 0] !== 2) return -1;
    let at = start;
    let isAscii = true;
    for (let byte = quote ?? 0; WORD_BYTES[byte] !== 0; byte = bytes[at] ?? 0) {
      if (byte > DELETE) isAscii = false;
      at += 1;
    }
    this.#valueFrom = start;
    this.#valueTo = at;
    if (!isAscii && !WORD.test(this.slice(start, at))) return -1;
    return at - start <= 5 && RESERVED.test(this.slice(start, at)) ? -1 : at;
  }

  /**
   * The end of the characters that are allowed in a comment or in quotes: the closing quote, or the first character
   * that is not allowed.
   */
  private endOfChars(start: number, quote: number, allowed: number): number {
    const { bytes } = this;
    for (let at = start; ; at += 1) {
      const byte = bytes[at];
      if (byte === undefined || byte === quote || byte === DELETE) return at;
      if (byte < SPACE && byte !== allowed) return at;
      if (byte === BACKSLASH && quote === QUOTE) return at;
      if (byte !== LATIN) continue;
      const next = bytes[at + 1] ?? 0;
      if (next >= FIRST_LATIN && next <= LAST_CONTROL) return at;
    }
  }

  private other(start: number, kind: 'flag' | 'time'): number {
    let at = start;
    while ((this.bytes[at] ?? 0) > SPACE) at += 1;
    if (at - start > 24) return -1;
    this.#valueFrom = start;
    this.#valueTo = at;
    const text = this.slice(start, at);
    const isPlain = kind === 'flag' ? text === 'true' || text === 'false' : this.isTime(text, start);
    return isPlain ? at : -1;
  }

  /** True for a time that {@link toDate} accepts; calling `toDate` itself takes several times as long. */
  private isTime(text: string, start: number): boolean {
    if (!TIME.test(text)) return false;
    const isOrdinary =
      this.digits(start) >= 10 &&
      between(this.digits(start + 5), 1, 12) &&
      between(this.digits(start + 8), 1, 28) &&
      between(this.digits(start + 11), 0, 23) &&
      between(this.digits(start + 14), 0, 59) &&
      between(this.digits(start + 17), 0, 59);
    return isOrdinary || toDate(text) instanceof Date;
  }

  private digits(at: number): number {
    return ((this.bytes[at] ?? 0) - ZERO) * 10 + (this.bytes[at + 1] ?? 0) - ZERO;
  }

  private slice(start: number, end: number): string {
    return this.bytes.toString('utf8', start, end);
  }
}

function between(value: number, min: number, max: number): boolean {
  return value >= min && value <= max;
}
