/** Compares the URL in a proof with the URL of its request. @see RFC 9449 section 4.3, RFC 3986 section 6.2 */

/**
 * The characters that a URL may contain (RFC 3986 section 2), and two more characters that browsers do not escape. The
 * URL parser would change or drop others.
 */
const URL_TEXT = /^https?:\/\/(?![/?#])(?:[\w.~:/?#[\]@!$&'()*+,;=|^-]|%[\dA-F]{2})+$/i;
const PATH_TEXT = /^\/(?:[\w.~:/[\]@!$&'()*+,;=|^-]|%[\dA-F]{2})*$/i;
/** A URL parser removes these, and clients do so before they send a path; routers take them literally. */
const DOT_SEGMENT = /\/(?:\.|%2e){1,2}(?:\/|$)/i;
const UNRESERVED = /^[\w.~-]$/;

/**
 * The URL of a request to the path, in the form of {@link sameUrlForm}. Undefined if the path is invalid, or has dot
 * segments: the router may have matched another path.
 */
export function requestUrl(origin: string, path: string): string | undefined {
  return PATH_TEXT.test(path) && !DOT_SEGMENT.test(path) ? sameUrlForm(`${origin}${path}`) : undefined;
}

/** The canonical text of a URL, without query and fragment; undefined if the text is not a web URL. */
export function sameUrlForm(text: string): string | undefined {
  if (!URL_TEXT.test(text)) return undefined;
  const [bare = ''] = text.split(/[?#]/);
  // Before the parser, which treats encoded dots as dots and leaves other characters as they are.
  const decoded = bare.replace(/[|^]/g, encodeURIComponent).replace(/%[\da-f]{2}/gi, (escape) => {
    const character = String.fromCharCode(Number.parseInt(escape.slice(1), 16));
    return UNRESERVED.test(character) ? character : escape.toUpperCase();
  });
  if (!URL.canParse(decoded)) return undefined;
  const { protocol, host, pathname, username, password } = new URL(decoded);
  return username === '' && password === '' ? `${protocol}//${host}${pathname}` : undefined;
}
