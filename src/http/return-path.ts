/** Longer strings are not addresses of pages. */
const MAX_LENGTH = 2000;

/**
 * A path of this app to which a browser may be sent back. Undefined for every other value, including strings that a
 * browser could read as the address of another host or as the start of a header. The path is returned unchanged, never
 * in a parsed form.
 */
export function returnPath(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > MAX_LENGTH) return undefined;
  // Browsers read a backslash as a slash, and drop tabs and line ends.
  if (!/^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(value)) return undefined;
  const base = 'http://app.invalid';
  if (!URL.canParse(value, base)) return undefined;
  const { origin, pathname } = new URL(value, base);
  return origin === base && !pathname.startsWith('//') ? value : undefined;
}
