/**
 * A cookie of a `Cookie` header by its exact name. Undefined if it is absent, and if the name occurs twice: it is
 * unknown which of the two this app has set. Only the spaces and tabs that may surround a pair are removed.
 * @see RFC 6265 section 4.2.1
 */
export function cookieIn(header: string | undefined, name: string): string | undefined {
  if (header === undefined || !isName(name)) return undefined;
  let found: string | undefined;
  // Most requests have several cookies: only the places with this name are inspected.
  for (let at = header.indexOf(name); at !== -1; at = header.indexOf(name, at + name.length)) {
    const equals = after(header, at + name.length);
    if (header[equals] !== '=' || !isBeginOfPair(header, at)) continue;
    if (found !== undefined) return undefined;
    const end = header.indexOf(';', equals);
    found = trimmed(header.slice(equals + 1, end === -1 ? undefined : end));
  }
  return found;
}

/** No other name can stand before the `=` of a pair. */
function isName(name: string): boolean {
  return name !== '' && trimmed(name) === name && !name.includes('=') && !name.includes(';');
}

/** The first position from `start` on without a space or tab. */
function after(text: string, start: number): number {
  let at = start;
  while (text[at] === ' ' || text[at] === '\t') at += 1;
  return at;
}

function isBeginOfPair(header: string, start: number): boolean {
  let at = start - 1;
  while (header[at] === ' ' || header[at] === '\t') at -= 1;
  return at === -1 || header[at] === ';';
}

/** Removes surrounding spaces and tabs only: `trim()` would also remove characters that make it another name. */
function trimmed(text: string): string {
  let end = text.length;
  while (text[end - 1] === ' ' || text[end - 1] === '\t') end -= 1;
  return text.slice(Math.min(after(text, 0), end), end);
}
