/**
 * Strict YAML 1.2 for files with access rules: one document, no anchors, aliases, tags, merge keys or directives, no
 * repeated keys, bounded depth. An error names the line and never the content: the messages of the YAML library quote
 * the file, and the file holds password hashes.
 */
import { CST, isMap, isSeq, Lexer, LineCounter, Parser, type ParsedNode } from 'yaml';
import { FileFault } from './file-fault';
import { YamlNodes, type Located } from './yaml-nodes';

/** A top-level key of a file. */
export interface Section {
  /** Whether the value is a sequence, so its items were passed to `onItem`. */
  readonly isSequence: boolean;
  readonly line: number;
  /** The value, if it is not a sequence. */
  read(): Located;
}

const MAX_DEPTH = 50;
const BATCH_ITEMS = 50;
const LEXEMES_PER_STEP = 500;

/**
 * Reads a mapping of names to values. The items of a block sequence are passed to `onItem` while the rest is still
 * being read, so that a file of 100,000 records needs no syntax tree of that size. It yields now and then.
 *
 * @param firstLine the number of the text's first line
 * @param onItem receives each item of each top-level sequence, in order
 */
export function* readYaml(
  text: string,
  firstLine: number,
  onItem: (section: string, item: Located) => void,
): Generator<void, ReadonlyMap<string, Section>> {
  const lines = new LineCounter();
  lines.addNewLine(0);
  const parser = new Parser(lines.addNewLine);
  const lineAt = (offset: number): number => lines.linePos(offset).line + firstLine - 1;
  const nodes = new YamlNodes(lineAt);
  const tokens: CST.Token[] = [];
  let documents = 0;

  const take = (token: CST.Token): void => {
    if (token.type === 'directive') throw new FileFault('has a directive', lineAt(token.offset));
    if (token.type === 'document') documents += 1;
    if (documents > 1) throw new FileFault('holds more than one document', lineAt(token.offset));
    tokens.push(token);
  };
  const handOver = (section: string, sequence: ParsedNode | null, line: number): void => {
    if (!isSeq<ParsedNode | null>(sequence)) return;
    for (const item of nodes.items(sequence, line)) onItem(section, item);
  };

  let lexemes = 0;
  for (const lexeme of new Lexer().lex(text)) {
    lexemes += 1;
    if (lexemes % LEXEMES_PER_STEP === 0) yield;
    for (const token of parser.next(lexeme)) take(token);
    const [document, map, sequence] = parser.stack;
    if (parser.stack.length > MAX_DEPTH) throw new FileFault('is nested too deeply', lineAt(parser.offset));
    if (document?.type !== 'document' || sequence?.type !== 'block-seq') continue;
    if (documents > 0) throw new FileFault('holds more than one document', lineAt(document.offset));
    // The last item is still being parsed.
    const section = sequence.items.length > BATCH_ITEMS ? openSection(map) : undefined;
    if (section === undefined) continue;
    const batch = { ...sequence, items: sequence.items.splice(0, BATCH_ITEMS) };
    const node = nodes.compose([{ type: 'document', offset: sequence.offset, start: [], value: batch }]);
    handOver(section, node, lineAt(sequence.offset));
    yield;
  }
  for (const token of parser.end()) take(token);

  const top = nodes.compose(tokens);
  if (top === null) throw new FileFault('is empty');
  if (!isMap<ParsedNode, ParsedNode | null>(top)) throw new FileFault('is not a mapping of names', firstLine);
  const sections = new Map<string, Section>();
  for (const [section, { node, line }] of nodes.entries(top)) {
    sections.set(section, { isSequence: isSeq(node), line, read: () => nodes.read(node, line) });
    handOver(section, node, line);
  }
  return sections;
}

/** The key of the value that is being parsed, if the key is a plain scalar. */
function openSection(map: CST.Token | undefined): string | undefined {
  if (map?.type !== 'block-map') return undefined;
  const pair = map.items.at(-1);
  if (!pair?.sep || !pair.key || pair.value !== undefined) return undefined;
  return CST.resolveAsScalar(pair.key)?.value;
}
