/** A parsed Authorization header: its scheme in lower case, and the credentials. */
export interface AuthorizationHeader {
  readonly scheme: string;
  /** Everything after the spaces behind the scheme, as it was sent; empty if nothing follows. */
  readonly credentials: string;
}

/** A scheme, and the spaces after it. The rest can be long and is not inspected. */
const SCHEME = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?: +|$)/;

/**
 * Splits `scheme 1*SP credentials`. Undefined for an absent header and for a header without a scheme token, which
 * belongs to no provider. A tab after the scheme is not a separator.
 * @see RFC 9110 section 11.4
 */
export function parseAuthorization(header: string | undefined): AuthorizationHeader | undefined {
  if (header === undefined) return undefined;
  const [start, scheme] = SCHEME.exec(header) ?? [];
  if (start === undefined || scheme === undefined) return undefined;
  return { scheme: scheme.toLowerCase(), credentials: header.slice(start.length) };
}
