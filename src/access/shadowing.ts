import type { CompiledAction } from './compile';

/**
 * Guarded routes that an earlier, more open route hides: of several routes that match a request the host
 * runs the first one that was registered, and only its guard.
 * @returns one sentence for each, in words.
 */
export function findShadowedGuards(actions: readonly CompiledAction[]): string[] {
  const warnings: string[] = [];
  actions.forEach((later, index) => {
    if (later.access.levels.length === 0) return;
    const earlier = actions
      .slice(0, index)
      .find((candidate) => candidate.access.levels.length === 0 && hides(candidate, later));
    if (earlier === undefined) return;
    warnings.push(
      `${label(later)} is guarded, but ${label(earlier)}, which is open, comes first and answers for it`,
    );
  });
  return warnings;
}

function label({ access }: CompiledAction): string {
  return `${access.method} ${access.route} (${access.action})`;
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
    .map((segment) => (isWildcard(segment) ? 'x' : segment))
    .join('/')}`;
}

function covers(first: string[], second: string[]): boolean {
  for (const [index, segment] of first.entries()) {
    if (segment.includes('*') || segment.includes('(')) return true;
    const other = second[index];
    if (other === undefined) return false;
    if (!segment.startsWith(':') && segment.toLowerCase() !== other.toLowerCase()) return false;
  }
  return first.length === second.length;
}

function segments(route: string): string[] {
  return route.split('/').filter((segment) => segment !== '');
}

function isWildcard(segment: string): boolean {
  return segment.startsWith(':') || segment.includes('*') || segment.includes('(');
}
