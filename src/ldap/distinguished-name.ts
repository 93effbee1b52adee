/**
 * A value as it stands in a distinguished name, so that it is one value and nothing else.
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
 * Whether an entry stands below another. What cannot be read stands nowhere.
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

/** The components, each so that equal ones are equal texts, however they are written. */
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

/** A value without its escapes; of its case and its spaces directories take no notice. */
function plain(value: string): string {
  const text = value.replace(new RegExp(`(?:${ESCAPE})+`, 'gi'), (escapes) => {
    const bytes = escapes.match(new RegExp(ESCAPE, 'gi')) ?? [];
    return Buffer.concat(
      bytes.map((one) => (one.length === 3 ? Buffer.from(one.slice(1), 'hex') : Buffer.from(one.slice(1)))),
    ).toString();
  });
  return text.trim().replace(/\s+/g, ' ').toLowerCase();
}
