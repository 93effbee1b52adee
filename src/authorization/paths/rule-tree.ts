/**
 * All rules of one effect as a tree of segments, so that the cost of a request depends on the length of its path, not
 * on the number of rules.
 */
import { holdsFor } from './methods';
import { type Effect, matchesGlob, type PathPattern } from './pattern';
import type { RequestPath } from './request-path';

/** One path of one role in the file. */
export interface PathRule {
  readonly effect: Effect;
  readonly role: string;
  readonly pattern: PathPattern;
  /** In upper case; `*` for all. */
  readonly methods: ReadonlySet<string>;
  readonly line: number;
}

/** The rules that end at one node, by role. */
type Ending = Map<string, PathRule[]>;

/** A pattern from its first segment with a `*` beside other characters onwards. */
interface Tail {
  readonly matches: (path: RequestPath, from: number, offset: number) => boolean;
  readonly ending: Ending;
}

class Node {
  readonly literals = new Map<string, Node>();
  /** For `*`, which in a deny rule matches one segment or more. */
  any: Node | undefined;
  readonly end: Ending = new Map();
  readonly rest: Ending = new Map();
  /** By the text before their first `*`, grouped by its length. */
  readonly tails = new Map<number, Map<string, Tail[]>>();

  constructor(readonly repeats: boolean) {}
}

export class RuleTree {
  private readonly root = new Node(false);

  constructor(private readonly effect: Effect) {}

  add(rule: PathRule, { segments, takesRest }: PathPattern): void {
    let node = this.root;
    for (const [index, segment] of segments.entries()) {
      if (segment !== '*' && segment.includes('*')) {
        this.addTail(node, segments.slice(index), takesRest, rule);
        return;
      }
      node = this.childOf(node, segment);
    }
    put(takesRest ? node.rest : node.end, rule);
  }

  /** A rule for the path and the method of one of the roles; undefined if no rule matches. */
  find(path: RequestPath, method: string, roles: ReadonlySet<string>): PathRule | undefined {
    let active: readonly Node[] = [this.root];
    let offset = 1;
    for (let index = 0; active.length > 0; index += 1) {
      const segment = path.segments[index];
      const next = new Set<Node>();
      for (const node of active) {
        const found =
          pick(node.rest, method, roles) ??
          (segment === undefined
            ? pick(node.end, method, roles)
            : findTail(node, path, index, offset, method, roles));
        if (found !== undefined) return found;
        if (segment === undefined) continue;
        const literal = node.literals.get(segment);
        if (literal !== undefined) next.add(literal);
        if (node.any !== undefined) next.add(node.any);
        if (node.repeats) next.add(node);
      }
      offset += (segment?.length ?? 0) + 1;
      active = [...next];
    }
    return undefined;
  }

  private childOf(node: Node, segment: string): Node {
    if (segment === '*') return (node.any ??= new Node(this.effect === 'deny'));
    const known = node.literals.get(segment);
    if (known !== undefined) return known;
    const child = new Node(false);
    node.literals.set(segment, child);
    return child;
  }

  private addTail(node: Node, segments: readonly string[], takesRest: boolean, rule: PathRule): void {
    const prefix = segments[0]?.split('*')[0] ?? '';
    const byPrefix = node.tails.get(prefix.length) ?? new Map<string, Tail[]>();
    node.tails.set(prefix.length, byPrefix);
    const tails = byPrefix.get(prefix) ?? [];
    byPrefix.set(prefix, tails);
    const ending: Ending = new Map();
    put(ending, rule);
    const matches =
      this.effect === 'deny' ? acrossSegments(segments, takesRest) : withinSegments(segments, takesRest);
    tails.push({ matches, ending });
  }
}

function findTail(
  node: Node,
  path: RequestPath,
  index: number,
  offset: number,
  method: string,
  roles: ReadonlySet<string>,
): PathRule | undefined {
  for (const [length, byPrefix] of node.tails) {
    for (const tail of byPrefix.get(path.text.slice(offset, offset + length)) ?? []) {
      const found = pick(tail.ending, method, roles);
      if (found !== undefined && tail.matches(path, index, offset)) return found;
    }
  }
  return undefined;
}

function acrossSegments(segments: readonly string[], takesRest: boolean): Tail['matches'] {
  const text = segments.join('/');
  const globs = [text.split('*'), ...(takesRest ? [`${text}/*`.split('*')] : [])];
  return (path, _from, offset) => {
    const tail = path.text.slice(offset);
    return globs.some((pieces) => matchesGlob(pieces, tail));
  };
}

function withinSegments(segments: readonly string[], takesRest: boolean): Tail['matches'] {
  const globs = segments.map((segment) => segment.split('*'));
  return (path, from) => {
    const left = path.segments.length - from;
    if (takesRest ? left < globs.length : left !== globs.length) return false;
    return globs.every((pieces, index) => matchesGlob(pieces, path.segments[from + index] ?? ''));
  };
}

function put(ending: Ending, rule: PathRule): void {
  const rules = ending.get(rule.role);
  if (rules === undefined) ending.set(rule.role, [rule]);
  else rules.push(rule);
}

function pick(ending: Ending, method: string, roles: ReadonlySet<string>): PathRule | undefined {
  if (ending.size === 0) return undefined;
  // Iterates over the shorter list: a node may end many roles' rules, a user may have many roles.
  if (ending.size < roles.size) {
    for (const [role, rules] of ending) {
      const found = roles.has(role) ? rules.find(({ methods }) => holdsFor(methods, method)) : undefined;
      if (found !== undefined) return found;
    }
    return undefined;
  }
  for (const role of roles) {
    const found = ending.get(role)?.find(({ methods }) => holdsFor(methods, method));
    if (found !== undefined) return found;
  }
  return undefined;
}
