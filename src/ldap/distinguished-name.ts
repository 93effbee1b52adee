/**
 * Escapes a value for a distinguished name, so that it cannot end the value or add another component.
 * @see RFC 4514 section 2.4
 */
export function escapeDnValue(value: string): string {
  return value.replace(/./gsu, (character, index: number) => {
    if (/\p{Cc}/u.test(character)) return hexadecimal(character);
    const isAtEnd = index === 0 || index === value.length - 1;
    const isSpecial = '\\",+<>;='.includes(character) || (character === '#' && index === 0);
    return isSpecial || (character === ' ' && isAtEnd) ? `\\${character}` : character;
  });
}

function hexadecimal(text: string): string {
  return [...Buffer.from(text)].map((byte) => `\\${byte.toString(16).padStart(2, '0')}`).join('');
}

/**
 * Whether an entry is below another entry. False for a name that cannot be parsed.
 * @see RFC 4514 section 3
 */
export function isBelow(dn: string, base: string): boolean {
  const [names, bases] = [components(dn), components(base)];
  if (names === undefined || bases === undefined || names.length <= bases.length) return false;
  return bases.every((component, index) => component === names[names.length - bases.length + index]);
}

/** Whether a value is part of the name of the entry itself, its relative distinguished name. */
export function isNamedBy(dn: string, attribute: string, value: string): boolean {
  const [own] = components(dn) ?? [];
  return own?.split('\0').includes(`${attribute.toLowerCase()}=${plain(escapeDnValue(value))}`) === true;
}

const ESCAPE = String.raw`\\(?:[0-9a-f]{2}|[^0-9a-f\0])`;

/** The components in a normal form, so that equal components are equal strings. Undefined if the name is not valid. */
function components(dn: string): string[] | undefined {
  const pair = new RegExp(String.raw`\s*([\w.-]+)\s*=((?:[^\\,;+"\0]|${ESCAPE})*)([,;+]|$)`, 'giy');
  const found: string[] = [];
  let pairs: string[] = [];
  for (;;) {
    const [, attribute, value, end] = pair.exec(dn) ?? [];
    if (attribute === undefined || value === undefined) return undefined;
    pairs.push(`${attribute.toLowerCase()}=${plain(value)}`);
    if (end === '+') continue;
    found.push(pairs.sort().join('\0'));
    if (end === '') return found;
    pairs = [];
  }
}

/** A value without escapes, in lower case and with single spaces: directories ignore case and repeated spaces. */
function plain(value: string): string {
  const text = value.replace(new RegExp(`(?:${ESCAPE})+`, 'gi'), (escapes) => {
    const bytes = escapes.match(new RegExp(ESCAPE, 'gi')) ?? [];
    return Buffer.concat(
      bytes.map((one) => (one.length === 3 ? Buffer.from(one.slice(1), 'hex') : Buffer.from(one.slice(1)))),
    ).toString();
  });
  return text.trim().replace(/\s+/g, ' ').toLowerCase();
}
