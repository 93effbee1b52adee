/** An Authorization header taken apart: its scheme in lower case, and what follows. */
export interface AuthorizationHeader {
  readonly scheme: string;
  /** Everything after the spaces that follow the scheme, as it came; empty when nothing does. */
  readonly credentials: string;
}

/** A scheme, and the spaces after it. What follows can be long, and is not looked at. */
const SCHEME = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?: +|$)/;

/**
 * Splits `scheme 1*SP credentials`. Undefined for an absent header and for one that has no scheme token,
 * which is nobody's. A tab after the scheme separates nothing.
 * @see RFC 9110 section 11.4
 */
export function parseAuthorization(header: string | undefined): AuthorizationHeader | undefined {
  if (header === undefined) return undefined;
  const [start, scheme] = SCHEME.exec(header) ?? [];
  if (start === undefined || scheme === undefined) return undefined;
  return { scheme: scheme.toLowerCase(), credentials: header.slice(start.length) };
}
