import type { CompiledAction } from './compile';
import { type Requirement, requirementsOf } from './normal-form';

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
  const asked = actions.map(({ access }) => requirementsOf(access.levels));
  return actions.flatMap((later, index) => {
    const earlier = actions
      .slice(0, index)
      .find(
        (candidate, before) => asksLess(asked[before] ?? [], asked[index] ?? []) && hides(candidate, later),
      );
    return earlier === undefined ? [] : [{ later, earlier }];
  });
}

/** True when the later route asks for something that the earlier one does not ask for. */
function asksLess(earlier: readonly Requirement[], later: readonly Requirement[]): boolean {
  return later.some((requirement) => {
    const isAskedAnyway =
      'leaf' in requirement && requirement.leaf.kind === 'authenticated' && earlier.length > 0;
    return !isAskedAnyway && earlier.every(({ key }) => key !== requirement.key);
  });
}

function hides(earlier: CompiledAction, later: CompiledAction): boolean {
  const { method, route, isPattern } = earlier.access;
  const answersHead = method === 'GET' && later.access.method === 'HEAD';
  if (method !== 'ALL' && method !== later.access.method && !answersHead) return false;
  if (later.access.isPattern) return isPattern && route === later.access.route;
  if (isPattern) return WORDS.every((word) => patternOf(earlier).test(samplePath(later.access.route, word)));
  return covers(segments(route), segments(later.access.route));
}

/** What a parameter may stand for: a regular expression that takes all of them is taken to match any. */
const WORDS = ['x', '1', 'a-b.c_d~E'] as const;

function patternOf({ access: { route }, action: { fullRoute } }: CompiledAction): RegExp {
  return new RegExp(route, fullRoute instanceof RegExp ? fullRoute.flags : '');
}

/** A path that the route matches, its parameters filled with a word. */
function samplePath(route: string, word: string): string {
  return `/${segments(route)
    .map((segment) => (isVariable(segment) ? word : segment))
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
  if (pattern === undefined || isVariable(other)) return false;
  try {
    return new RegExp(`^(?:${pattern})$`, 'i').test(other);
  } catch {
    return false;
  }
}

function segments(route: string): string[] {
  return route.split('/').filter((segment) => segment !== '');
}

function isVariable(segment: string): boolean {
  return /[:*({]/.test(segment);
}
