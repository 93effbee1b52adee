/** Compares the URL that a proof names with that of its request. @see RFC 9449 section 4.3, RFC 3986 section 6.2 */

/**
 * What a URL may have (RFC 3986 section 2), with two characters more that browsers do not escape. Others the URL parser
 * would change or drop.
 */
const URL_TEXT = /^https?:\/\/(?![/?#])(?:[\w.~:/?#[\]@!$&'()*+,;=|^-]|%[\dA-F]{2})+$/i;
const PATH_TEXT = /^\/(?:[\w.~:/[\]@!$&'()*+,;=|^-]|%[\dA-F]{2})*$/i;
const UNRESERVED = /^[\w.~-]$/;

/** The URL of a request to the path, as {@link sameUrlForm} writes it; undefined for a path that is none. */
export function requestUrl(origin: string, path: string): string | undefined {
  return PATH_TEXT.test(path) ? sameUrlForm(`${origin}${path}`) : undefined;
}

/** One text for all the texts of a URL, without query and fragment; undefined for what is no web URL. */
export function sameUrlForm(text: string): string | undefined {
  if (!URL_TEXT.test(text)) return undefined;
  const [bare = ''] = text.split(/[?#]/);
  // Before the parser, which takes dots that are encoded for dots and leaves other characters as they are.
  const decoded = bare.replace(/[|^]/g, encodeURIComponent).replace(/%[\da-f]{2}/gi, (escape) => {
    const character = String.fromCharCode(Number.parseInt(escape.slice(1), 16));
    return UNRESERVED.test(character) ? character : escape.toUpperCase();
  });
  if (!URL.canParse(decoded)) return undefined;
  const { protocol, host, pathname, username, password } = new URL(decoded);
  return username === '' && password === '' ? `${protocol}//${host}${pathname}` : undefined;
}
