/** Finds a user's record in the text of a user file that has been read and is valid. */
import {
  isMap,
  isScalar,
  isSeq,
  parseDocument,
  type Pair,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';

export type Node = Scalar | YAMLMap | YAMLSeq;
export type RecordPair = Pair<Scalar, Node | null>;
export type RecordMap = YAMLMap<Scalar, Node | null>;

/** A record, and the position in the text that the offsets of its nodes are relative to. */
export interface FoundRecord {
  readonly map: RecordMap;
  readonly base: number;
  /** The list that contains the record, if the list had to be read as a whole. */
  readonly list?: YAMLSeq;
}

/** Larger files are only edited if the record's own lines can be cut out. */
const MAX_WHOLE = 256 * 1024;
const OPTIONS = {
  prettyErrors: false,
  uniqueKeys: false,
  stringKeys: true,
  resolveKnownTags: false,
} as const;

export class RecordFinder {
  #starts: number[] | undefined;
  #list: YAMLSeq | null | undefined;

  constructor(private readonly text: string) {}

  /** @param line on which the record begins. Undefined if the record's form cannot be edited */
  find(username: string, line: number): FoundRecord | undefined {
    return this.cutOut(username, line) ?? this.inList(username);
  }

  /** The list of users, from the whole file; undefined if the file is too large. */
  list(): YAMLSeq | undefined {
    this.#list ??= this.readList();
    return this.#list ?? undefined;
  }

  /** Reads the record's own lines, from its dash to the next line that is not indented further. */
  private cutOut(username: string, line: number): FoundRecord | undefined {
    let first = line;
    while (first > 0 && !/^ *-(?:[ \r]|$)/.test(this.lineAt(first))) first -= 1;
    if (first === 0) return undefined;
    const indent = indentOf(this.lineAt(first));
    let next = first + 1;
    while (next <= this.lines.length) {
      const content = this.lineAt(next);
      if (!/^\s*(?:#|$)/.test(content) && indentOf(content) <= indent) break;
      next += 1;
    }
    const base = this.lines[first - 1] ?? 0;
    const end = this.lines[next - 1] ?? this.text.length;
    const { contents, errors } = parseDocument(this.text.slice(base, end), OPTIONS);
    if (errors.length > 0 || !isSeq(contents) || contents.flow === true) return undefined;
    const [map, ...others] = contents.items;
    return others.length === 0 && isRecord(map, username) ? { map, base } : undefined;
  }

  private inList(username: string): FoundRecord | undefined {
    const list = this.list();
    const map = list?.items.find((item): item is RecordMap => isRecord(item, username));
    return list && map && { map, base: 0, list };
  }

  private readList(): YAMLSeq | null {
    if (this.text.length > MAX_WHOLE) return null;
    const { contents, errors } = parseDocument(this.text, OPTIONS);
    const list: unknown = errors.length === 0 && isMap(contents) ? contents.get('users', true) : null;
    return isSeq(list) ? list : null;
  }

  private get lines(): readonly number[] {
    if (this.#starts !== undefined) return this.#starts;
    const starts = [0];
    for (let at = this.text.indexOf('\n'); at !== -1; at = this.text.indexOf('\n', at + 1))
      starts.push(at + 1);
    return (this.#starts = starts);
  }

  private lineAt(line: number): string {
    return this.text.slice(this.lines[line - 1], this.lines[line]).replace(/\n$/, '');
  }
}

function isRecord(item: unknown, username: string): item is RecordMap {
  if (!isMap(item)) return false;
  const isPlain = item.items.every(({ key }) => isScalar(key) && typeof key.value === 'string');
  return isPlain && item.get('username') === username;
}

function indentOf(line: string): number {
  return /^ */.exec(line)?.[0].length ?? 0;
}

/** Where the node's own text begins and ends, without the rest of its line. */
export function rangeOf(node: Node): readonly [number, number] {
  if (node.range == null) throw new TypeError('A node that was read has a range');
  return [node.range[0], node.range[1]];
}
