/**
 * A cookie of a `Cookie` header by its exact name; undefined for none, and where the name comes twice: nobody knows which
 * of them this app has set. Only what may stand around a pair is taken off.
 * @see RFC 6265 section 4.2.1
 */
export function cookieIn(header: string | undefined, name: string): string | undefined {
  if (header === undefined || !isName(name)) return undefined;
  let found: string | undefined;
  // Most requests bring several cookies: only what has the name is looked at.
  for (let at = header.indexOf(name); at !== -1; at = header.indexOf(name, at + name.length)) {
    const equals = after(header, at + name.length);
    if (header[equals] !== '=' || !isBeginOfPair(header, at)) continue;
    if (found !== undefined) return undefined;
    const end = header.indexOf(';', equals);
    found = trimmed(header.slice(equals + 1, end === -1 ? undefined : end));
  }
  return found;
}

/** Nothing else can stand before the `=` of a pair. */
function isName(name: string): boolean {
  return name !== '' && trimmed(name) === name && !name.includes('=') && !name.includes(';');
}

/** The first place from there on that has no space or tab. */
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

/** Without spaces and tabs around it, and nothing else: `trim()` takes off what makes it another name. */
function trimmed(text: string): string {
  let end = text.length;
  while (text[end - 1] === ' ' || text[end - 1] === '\t') end -= 1;
  return text.slice(Math.min(after(text, 0), end), end);
}
