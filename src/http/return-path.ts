/** Longer ones are no addresses of pages. */
const MAX_LENGTH = 2000;

/**
 * A path of this app to which a browser may be sent back; undefined for anything else: what a browser could read as the
 * address of another host, or as the start of a header. It is handed on as it came, never in a parsed form.
 */
export function returnPath(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > MAX_LENGTH) return undefined;
  // Browsers take a backslash for a slash, and drop tabs and line ends.
  if (!/^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(value)) return undefined;
  const base = 'http://app.invalid';
  if (!URL.canParse(value, base)) return undefined;
  const { origin, pathname } = new URL(value, base);
  return origin === base && !pathname.startsWith('//') ? value : undefined;
}
