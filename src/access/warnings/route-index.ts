/**
 * Finds the routes that may match a path, by the segments that all paths of a route begin with. In doubt a route is
 * included.
 */
import type { RoutePattern } from './route-pattern';

interface Node {
  /** Routes whose paths end here. */
  readonly ending: number[];
  /** Routes whose paths may continue from here. */
  readonly open: number[];
  readonly literals: Map<string, Node>;
  any: Node | undefined;
}

/** Indexes routes by their numbers. */
export class RouteIndex {
  private readonly root = newNode();

  addRoute(number: number, pattern: RoutePattern): void {
    const { segments, isAll } = pattern.leading();
    this.add(number, segments, isAll);
  }

  addExpression(number: number, source: string): void {
    this.add(number, leadingSegments(source), false);
  }

  /** The matching numbers in ascending order, which is the order in which the routes were added. */
  find(path: string): Iterable<number> {
    const lists: number[][] = [];
    collect(this.root, segmentsOf(path), 0, lists);
    return inOrder(lists);
  }

  private add(number: number, segments: readonly (string | null)[], isAll: boolean): void {
    let node = this.root;
    for (const segment of segments) {
      if (segment === '') continue;
      if (segment === null) {
        node = node.any ??= newNode();
        continue;
      }
      const key = segment.toUpperCase();
      const next = node.literals.get(key) ?? newNode();
      node.literals.set(key, next);
      node = next;
    }
    (isAll ? node.ending : node.open).push(number);
  }
}

function newNode(): Node {
  return { ending: [], open: [], literals: new Map(), any: undefined };
}

function segmentsOf(path: string): string[] {
  return path
    .toUpperCase()
    .split('/')
    .filter((segment) => segment !== '');
}

function collect(node: Node, segments: readonly string[], depth: number, lists: number[][]): void {
  if (node.open.length > 0) lists.push(node.open);
  const segment = segments[depth];
  if (segment === undefined) {
    if (node.ending.length > 0) lists.push(node.ending);
    return;
  }
  const literal = node.literals.get(segment);
  if (literal !== undefined) collect(literal, segments, depth + 1, lists);
  if (node.any !== undefined) collect(node.any, segments, depth + 1, lists);
}

/** Lazy, since the caller may need only the first numbers. */
function* inOrder(lists: readonly (readonly number[])[]): Generator<number> {
  const at = lists.map(() => 0);
  for (;;) {
    let first = -1;
    let least = Infinity;
    for (const [index, list] of lists.entries()) {
      const number = list[at[index] ?? 0];
      if (number === undefined || number >= least) continue;
      first = index;
      least = number;
    }
    if (first < 0) return;
    at[first] = (at[first] ?? 0) + 1;
    yield least;
  }
}

/** The whole segments at the beginning of every path that a regular expression matches. */
function leadingSegments(source: string): string[] {
  if (!source.startsWith('^') || source.includes('|')) return [];
  const text = /^\^((?:\\?\/|[\w%~@-]|\\[-.~$+])*)/.exec(source)?.[1] ?? '';
  const isRepeated = /^[*+?{]/.test(source.slice(text.length + 1));
  const known = isRepeated ? text.replace(/\\?[^]$/, '') : text;
  return known.replace(/\\/g, '').split('/').slice(0, -1);
}
