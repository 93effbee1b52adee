/**
 * Finds routes that the host does not match as they are written.
 *
 * The host puts a prefix before a regular expression as text: `^` + prefix + source + `/` + flags + `?$`. So an anchor
 * in the source ends up in the middle, and the flags become a part of the path.
 */
import type { CompiledAction } from '../compiled';
import { canMatchPath } from './path-regexp';

export interface RouteFault {
  readonly code: 'route_never_matches' | 'route_flags_lost' | 'route_match_varies';
  /** The host's handling of the route, as the end of a sentence. */
  readonly consequence: string;
}

/** The most serious fault of a route; undefined if the host matches the route as it is written. */
export function routeFault({ access: { route, isPattern }, action }: CompiledAction): RouteFault | undefined {
  if (!isPattern) return hasNoSlash(route) ? NO_SLASH : undefined;
  const { flags, source } = action.route as RegExp;
  const hasPrefix = source !== route;
  if (!canMatchPath(route)) return hasPrefix ? ANCHOR_INSIDE : NO_PATH;
  if (flags !== '' && hasPrefix) {
    return {
      code: 'route_flags_lost',
      consequence: `loses the flags of its regular expression: under a prefix, ${flags} is a part of the path`,
    };
  }
  if (!/[gy]/.test(flags)) return undefined;
  return {
    code: 'route_match_varies',
    consequence: 'matches one request and misses the next: take the flag g or y off its regular expression',
  };
}

const NO_SLASH: RouteFault = {
  code: 'route_never_matches',
  consequence: 'begins without a slash, so no path matches it: write / before it, or before its prefix',
};

const NO_PATH: RouteFault = {
  code: 'route_never_matches',
  consequence: 'is a regular expression that no path matches: a path begins with a slash',
};

const ANCHOR_INSIDE: RouteFault = {
  code: 'route_never_matches',
  consequence:
    'is a regular expression that no path matches, for its prefix is put before it as text: write it without ^ ' +
    'and flags, under a single prefix',
};

function hasNoSlash(route: string): boolean {
  return /^[\w.~%-]+(?:\/|$)/.test(route);
}
