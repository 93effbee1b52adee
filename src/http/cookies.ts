/**
 * A cookie of a `Cookie` header by its exact name; undefined for none, and where the name comes twice: nobody knows which
 * of them this app has set. Only what may stand around a pair is taken off.
 * @see RFC 6265 section 4.2.1
 */
export function cookieIn(header: string | undefined, name: string): string | undefined {
  if (header === undefined) return undefined;
  let found: string | undefined;
  for (const pair of header.split(';')) {
    const at = pair.indexOf('=');
    if (at === -1 || trimmed(pair.slice(0, at)) !== name) continue;
    if (found !== undefined) return undefined;
    found = trimmed(pair.slice(at + 1));
  }
  return found;
}

/**
 * Without spaces and tabs around it, and nothing else: `trim()` takes off what makes it another name. No regular expression,
 * as one for the end takes a time that grows with the square of the spaces within.
 */
function trimmed(text: string): string {
  let [from, to] = [0, text.length];
  while (from < to && isBlank(text.charCodeAt(from))) from += 1;
  while (from < to && isBlank(text.charCodeAt(to - 1))) to -= 1;
  return text.slice(from, to);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
