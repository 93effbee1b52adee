/**
 * The paths of a rule: literal segments and `*`.
 *
 * In an allow rule `*` stays within its segment. In a deny rule it crosses segments, so that a deny rule covers more
 * than it seems to, never less. `/*` at the end matches the rest of the path, and also the path before it.
 */
import { foldCase, isPlainSegment } from './request-path';

export type Effect = 'allow' | 'deny';

export interface PathPattern {
  /** Case-folded, with a leading slash and no trailing slash; equal for patterns with the same meaning. */
  readonly text: string;
  /** Without the last `*` if it matches the rest. */
  readonly segments: readonly string[];
  readonly takesRest: boolean;
}

/** @returns the fault of an invalid pattern, in words that do not quote it */
export function parsePattern(written: string): PathPattern | string {
  const stars = foldCase(written).replace(/\*{2,}/g, '*');
  if (!/^[/*]/.test(stars)) return 'a path must start with / or *';
  const whole = stars.startsWith('/') ? stars : `/${stars}`;
  // Checked before the trailing slash is cut off: `//` is not the root.
  if (whole.includes('//')) return NOT_PLAIN;
  const text = whole.length > 1 && whole.endsWith('/') ? whole.slice(0, -1) : whole;
  const segments = text === '/' ? [] : text.slice(1).split('/');
  const fault = segments.map(faultOf).find((problem) => problem !== undefined);
  if (fault !== undefined) return fault;
  const takesRest = segments.at(-1) === '*' && text === whole;
  // `/x/*/` does not mean the same as `/x/*`: its trailing slash requires a segment there.
  return takesRest
    ? { text, segments: segments.slice(0, -1), takesRest }
    : { text: segments.at(-1) === '*' ? whole : text, segments, takesRest };
}

/**
 * Patterns that are equivalent to this one together, each starting with a segment: a deny rule's leading `*` may also
 * match nothing.
 */
export function spelledOut(written: string, pattern: PathPattern, effect: Effect): readonly PathPattern[] {
  if (effect === 'allow' || written.startsWith('/') || pattern.segments[0] !== '*') return [pattern];
  return [pattern, { ...pattern, segments: pattern.segments.slice(1) }];
}

/** True if the text consists of the pieces in their order with any text between them. */
export function matchesGlob(pieces: readonly string[], text: string): boolean {
  const first = pieces[0] ?? '';
  const last = pieces.at(-1) ?? '';
  if (pieces.length === 1) return text === first;
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last))
    return false;
  const end = text.length - last.length;
  let at = first.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = text.indexOf(piece, at);
    if (found === -1 || found + piece.length > end) return false;
    at = found + piece.length;
  }
  return true;
}

function faultOf(segment: string): string | undefined {
  if (segment.startsWith(':') || /[{}]/.test(segment))
    return 'a path has no parameters: write * in their place';
  if (segment.includes('?')) return 'a path cannot contain ?: write * for a segment of any text';
  return isPlainSegment(segment) ? undefined : NOT_PLAIN;
}

const NOT_PLAIN =
  'a path with an empty or dot segment, %, ;, a backslash or a control character matches nothing';
