import type { Fields, Located } from '../../files/yaml-nodes';

/** What is left of a file after its leading plain records. */
export interface Rest {
  readonly text: string;
  readonly firstLine: number;
}

// Words that YAML 1.2 reads as exactly these strings, whatever surrounds them.
const WORD = String.raw`(?!(?:null|true|false)[\s,\]])[\p{L}_$\/][\p{L}\p{N}_$.\/@+=-]*`;
const QUOTED = String.raw`"[^"\\\p{Cc}]*"|'[^'\p{Cc}]*'`;
const LIST = String.raw`\[(?:(?:${WORD}|${QUOTED})(?:, ?(?:${WORD}|${QUOTED}))*)?\]`;
const TIME = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z`;
const FIELD = new RegExp(`([A-Za-z]+): (?:(true|false)|(${WORD}|${TIME})|(${QUOTED})|(${LIST}))\n`, 'uyi');
const LIST_ITEM = new RegExp(`${WORD}|${QUOTED}`, 'gui');
const START = /^(?:(?:#[^\p{Cc}]*)?\n)*users:\n(?= *- )/u;

/**
 * Takes the records at the start of a user file that are written the plain way, one `key: value` a line:
 * the YAML library needs some 150 microseconds for such a record, this a few. It takes only what YAML 1.2
 * reads the same way and leaves the file from the first other record on, at least one record, to the
 * library. So a fault is always found by the library, or by the checks that follow.
 */
export function* plainRecords(text: string): Generator<Located, Rest> {
  const start = START.exec(text)?.[0];
  if (start === undefined) return { text, firstLine: 1 };
  const indent = /^ */.exec(text.slice(start.length, start.length + 40))?.[0] ?? '';
  let line = start.split('\n').length;
  let offset = start.length;
  for (;;) {
    const record = readRecord(text, offset, indent, line);
    // The record that follows shows that this one ends here; the last one is left to the library.
    if (record === undefined || !text.startsWith(`${indent}- `, record.end)) break;
    yield { value: record.fields, line };
    line += record.fields.size;
    offset = record.end;
  }
  return { text: `users:\n${text.slice(offset)}`, firstLine: line - 1 };
}

function readRecord(
  text: string,
  start: number,
  indent: string,
  firstLine: number,
): { fields: Fields; end: number } | undefined {
  if (!text.startsWith(`${indent}- `, start)) return undefined;
  const fields = new Map<string, Located>();
  const inner = `${indent}  `;
  let end = start;
  do {
    FIELD.lastIndex = end + inner.length;
    const [whole, key, truth, word, quoted, list] = FIELD.exec(text) ?? [];
    if (whole === undefined || key === undefined || fields.has(key)) return undefined;
    if (truth !== undefined && truth !== 'true' && truth !== 'false') return undefined;
    const value = truth === undefined ? (word ?? unquoted(quoted) ?? items(list)) : truth === 'true';
    fields.set(key, { value, line: firstLine + fields.size });
    end += inner.length + whole.length;
  } while (text.startsWith(inner, end));
  return { fields, end };
}

function unquoted(quoted: string | undefined): string | undefined {
  return quoted?.slice(1, -1);
}

function items(list: string | undefined): readonly string[] {
  return (list?.slice(1, -1).match(LIST_ITEM) ?? []).map((item) =>
    /^["']/.test(item) ? item.slice(1, -1) : item,
  );
}
