/** Decides whether a rule concerns a route. In doubt the answer is yes: a route may contain a regular expression. */
import { matchesGlob, type PathPattern } from './pattern';
import { holdsFor } from './methods';
import type { PathRule } from './rule-tree';
import { foldCase } from './request-path';

/** The texts that one segment of a rule or a route may match. */
interface Part {
  readonly kind: 'literal' | 'some' | 'rest';
  readonly text: string;
  readonly isOptional: boolean;
  readonly repeats: boolean;
}

export interface RouteShape {
  readonly method: string;
  readonly parts: readonly Part[];
}

/** A route with its prefixes, as in an {@link Access}. A regular expression may match anything. */
export function shapeOf(method: string, route: string, isPattern = false): RouteShape {
  return { method, parts: isPattern ? [REST] : routeParts(route) };
}

/** Returns a test for one route after the other. */
export function concerns(rule: PathRule): (route: RouteShape) => boolean {
  const parts = ruleParts(rule.pattern, rule.effect === 'deny');
  return (route) => isForMethod(rule, route.method) && overlap(parts, route.parts);
}

function isForMethod({ methods }: PathRule, method: string): boolean {
  return method === 'ALL' || holdsFor(methods, method) || (method === 'GET' && methods.has('HEAD'));
}

function ruleParts({ segments, takesRest }: PathPattern, crosses: boolean): Part[] {
  const parts: Part[] = [];
  for (const [index, segment] of segments.entries()) {
    const isWhole = segment === '*';
    const repeats = crosses && isWhole;
    const isPartial = !isWhole && segment.includes('*');
    const text = isPartial && crosses ? `${segment.split('*')[0] ?? ''}*` : segment;
    const kind = isWhole || isPartial ? 'some' : 'literal';
    parts.push({ kind, text, isOptional: repeats && index === 0, repeats });
    // A `*` beside other characters crosses slashes: the text after it may be anywhere.
    if (isPartial && crosses) return [...parts, REST];
  }
  return takesRest ? [...parts, REST] : parts;
}

const REST: Part = { kind: 'rest', text: '*', isOptional: true, repeats: true };

function routeParts(route: string): Part[] {
  const parts: Part[] = [];
  for (const segment of foldCase(route)
    .split('/')
    .filter((text) => text !== '')) {
    const isParameter = /^:\w+\??$/.test(segment);
    if (!isParameter && /[:*(){}?+\\^$[\]|]/.test(segment)) return [...parts, REST];
    parts.push({
      kind: isParameter ? 'some' : 'literal',
      text: isParameter ? '*' : segment,
      isOptional: isParameter && segment.endsWith('?'),
      repeats: false,
    });
  }
  return parts;
}

/** True if some path matches both. */
function overlap(rule: readonly Part[], route: readonly Part[]): boolean {
  const seen = new Set<number>();
  const ahead: [number, number][] = [[0, 0]];
  for (let next = ahead.pop(); next !== undefined; next = ahead.pop()) {
    const [i, j] = next;
    const key = i * (route.length + 1) + j;
    if (seen.has(key)) continue;
    seen.add(key);
    const [a, b] = [rule[i], route[j]];
    if (a === undefined && b === undefined) return true;
    if (a?.isOptional === true) ahead.push([i + 1, j]);
    if (b?.isOptional === true) ahead.push([i, j + 1]);
    if (a === undefined || b === undefined || !canBeEqual(a, b)) continue;
    ahead.push([i + 1, j + 1]);
    if (a.repeats) ahead.push([i, j + 1]);
    if (b.repeats) ahead.push([i + 1, j]);
  }
  return false;
}

function canBeEqual(a: Part, b: Part): boolean {
  if (a.kind === 'literal' && b.kind === 'literal') return a.text === b.text;
  if (a.kind === 'literal' && b.kind === 'some') return matchesGlob(b.text.split('*'), a.text);
  if (a.kind === 'some' && b.kind === 'literal') return matchesGlob(a.text.split('*'), b.text);
  return true;
}
