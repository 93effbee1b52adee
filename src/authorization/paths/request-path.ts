/** A path in the form that rules are matched against: decoded once, ASCII letters folded, no trailing slash. */
export interface RequestPath {
  readonly segments: readonly string[];
  /** The segments joined, with a slash in front of each; `/` for the root. */
  readonly text: string;
}

const MAX_LENGTH = 4096;
const MAX_SEGMENTS = 256;
/** RFC 3986 allows no other characters in a path; parsers before the router trim or rewrite the rest. */
const VISIBLE_ASCII = /^\/[\x21-\x7e]*$/;
/** Characters that a party on the way may take for a separator or for a parameter, or may drop. */
const AMBIGUOUS = /[/\\;%\p{Cc}\p{Zl}\p{Zp}]/u;

/**
 * Reads the path of a request as it was sent; undefined if it is ambiguous, or longer than 4,096 characters or 256
 * segments.
 */
export function parseRequestPath(sent: string): RequestPath | undefined {
  if (sent.length > MAX_LENGTH || !VISIBLE_ASCII.test(sent)) return undefined;
  const parts = sent.slice(1).split('/');
  if (parts.at(-1) === '') parts.pop();
  if (parts.length > MAX_SEGMENTS) return undefined;
  const segments: string[] = [];
  for (const part of parts) {
    const segment = decoded(part);
    if (segment === undefined || !isPlainSegment(segment)) return undefined;
    segments.push(foldCase(segment));
  }
  return { segments, text: `/${segments.join('/')}` };
}

/** True for an unambiguous segment: not empty, not only dots, no separator. */
export function isPlainSegment(segment: string): boolean {
  return segment !== '' && segment !== '.' && segment !== '..' && !AMBIGUOUS.test(segment);
}

/** Folds like the routers: ASCII letters only, so that no other letter becomes an ASCII letter. */
export function foldCase(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

function decoded(part: string): string | undefined {
  if (!part.includes('%')) return part;
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}
