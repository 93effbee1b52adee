import {
  Composer,
  isMap,
  isScalar,
  isSeq,
  type CST,
  type ParsedNode,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { FileFault } from './file-fault';

/** A value of the file and its line. A sequence is an array, a mapping is {@link Fields}. */
export interface Located {
  readonly value: unknown;
  readonly line: number;
}

export type Fields = ReadonlyMap<string, Located>;

type Node = ParsedNode | null;
export type MapNode = YAMLMap<ParsedNode, Node>;
export type SeqNode = YAMLSeq<Node>;

const OPTIONS = {
  // Pretty errors would quote the file.
  prettyErrors: false,
  // The library compares every pair of keys; entries() uses a lookup instead.
  uniqueKeys: false,
  stringKeys: true,
  resolveKnownTags: false,
} as const;

/** Turns parsed tokens into plain values, and refuses YAML features that a file with access rules does not need. */
export class YamlNodes {
  constructor(private readonly lineAt: (offset: number) => number) {}

  /** The content of the single document in the tokens; null if the document is empty. */
  compose(tokens: readonly CST.Token[]): Node {
    let content: Node = null;
    for (const document of new Composer(OPTIONS).compose(tokens)) {
      // A warning means an unknown tag, which would otherwise be ignored.
      const [fault] = [...document.errors, ...document.warnings];
      if (fault !== undefined) {
        throw new FileFault(`is not valid YAML (${fault.code})`, this.lineAt(fault.pos[0]));
      }
      content = document.contents;
    }
    return content;
  }

  read(node: Node, line: number): Located {
    if (node === null) return { value: null, line };
    const at = this.lineAt(node.range[0]);
    if (isScalar(node)) return { value: this.plain(node, at).value, line: at };
    if (isSeq<Node>(node)) return { value: this.items(node, at).map(({ value }) => value), line: at };
    if (!isMap<ParsedNode, Node>(node)) throw new FileFault('has an alias', at);
    return { value: this.fields(node), line: at };
  }

  items(sequence: SeqNode, line: number): Located[] {
    return this.plain(sequence, line).items.map((item) => this.read(item, line));
  }

  private fields(map: MapNode): Fields {
    const fields = new Map<string, Located>();
    for (const [key, { node, line }] of this.entries(map)) {
      fields.set(key, { value: this.read(node, line).value, line });
    }
    return fields;
  }

  /** The unread values of a mapping, with the lines of their keys. */
  entries(map: MapNode): ReadonlyMap<string, { node: Node; line: number }> {
    const entries = new Map<string, { node: Node; line: number }>();
    for (const { key, value } of this.plain(map, this.lineAt(map.range?.[0] ?? 0)).items) {
      const line = this.lineAt(key.range[0]);
      if (!isScalar(key) || typeof this.plain(key, line).value !== 'string') {
        throw new FileFault('has a key that is not a plain name', line);
      }
      const name = key.value as string;
      const first = entries.get(name);
      if (first !== undefined) throw new FileFault(`repeats the key of line ${String(first.line)}`, line);
      entries.set(name, { node: value, line });
    }
    return entries;
  }

  private plain<N extends Scalar | MapNode | SeqNode>(node: N, line: number): N {
    if (node.anchor !== undefined) throw new FileFault('has an anchor', line);
    if (node.tag !== undefined) throw new FileFault('has a tag', line);
    return node;
  }
}
