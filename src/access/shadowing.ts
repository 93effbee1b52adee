import { describeRule } from './rules';
import type { CompiledAction } from './compile';

/** A guarded route and an earlier one that answers for it. */
export interface Shadow {
  readonly later: CompiledAction;
  readonly earlier: CompiledAction;
}

/**
 * Guarded routes that an earlier route hides which does not ask for as much: of several routes that match
 * a request the host runs the first one that was registered, and only its guard.
 */
export function findShadows(actions: readonly CompiledAction[]): Shadow[] {
  return actions.flatMap((later, index) => {
    const earlier = actions
      .slice(0, index)
      .find((candidate) => asksLess(candidate, later) && hides(candidate, later));
    return earlier === undefined ? [] : [{ later, earlier }];
  });
}

/** True when the later route has a level that the earlier one has not. */
function asksLess(earlier: CompiledAction, later: CompiledAction): boolean {
  const asked = new Set(earlier.access.levels.map(({ rule }) => describeRule(rule)));
  return later.access.levels.some(({ rule }) => {
    const isAskedAnyway = rule.kind === 'authenticated' && asked.size > 0;
    return !isAskedAnyway && !asked.has(describeRule(rule));
  });
}

function hides(earlier: CompiledAction, later: CompiledAction): boolean {
  const { method } = earlier.access;
  const answersHead = method === 'GET' && later.access.method === 'HEAD';
  if (method !== 'ALL' && method !== later.access.method && !answersHead) return false;
  const [first, second] = [earlier.action.fullRoute, later.action.fullRoute];
  if (typeof second !== 'string') return first instanceof RegExp && first.source === second.source;
  if (first instanceof RegExp) return new RegExp(first.source, first.flags).test(samplePath(second));
  return covers(segments(first), segments(second));
}

/** A path that the route matches, its parameters filled with a word. */
function samplePath(route: string): string {
  return `/${segments(route)
    .map((segment) => (isPattern(segment) ? 'x' : segment))
    .join('/')}`;
}

function covers(first: string[], second: string[]): boolean {
  for (const [index, segment] of first.entries()) {
    if (takesTheRest(segment)) return true;
    const other = second[index];
    if (other === undefined) return segment.endsWith('?') && index === first.length - 1;
    if (!coversSegment(segment, other)) return false;
  }
  return first.length === second.length;
}

function takesTheRest(segment: string): boolean {
  return segment.startsWith('{') || /^(?::\w*)?(?:\*\w*|\(\.\*\)|\+)$/.test(segment);
}

function coversSegment(segment: string, other: string): boolean {
  if (segment.toLowerCase() === other.toLowerCase() || /^:\w+\??$/.test(segment)) return true;
  const pattern = /^:?\w*\((.+)\)\??$/.exec(segment)?.[1];
  if (pattern === undefined || isPattern(other)) return false;
  try {
    return new RegExp(`^(?:${pattern})$`, 'i').test(other);
  } catch {
    return false;
  }
}

function segments(route: string): string[] {
  return route.split('/').filter((segment) => segment !== '');
}

function isPattern(segment: string): boolean {
  return /[:*({]/.test(segment);
}
