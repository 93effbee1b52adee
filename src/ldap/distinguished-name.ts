/**
 * A value as it stands in a distinguished name, so that it is one value and nothing else.
 * @see RFC 4514 section 2.4
 */
export function escapeDnValue(value: string): string {
  return value
    .replace(/[\\",+<>;=]/g, '\\$&')
    .replace(/\p{Cc}/gu, (character) =>
      [...Buffer.from(character)].map((byte) => `\\${byte.toString(16).padStart(2, '0')}`).join(''),
    )
    .replace(/^[ #]/, '\\$&')
    .replace(
      /(^|[^\\])( +)$/,
      (_, before: string, spaces: string) => `${before}${spaces.replaceAll(' ', '\\ ')}`,
    );
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

/** The components, each so that equal ones are equal texts. */
function components(dn: string): string[] | undefined {
  const found: string[] = [];
  // A backslash takes the character after it, or two hexadecimal digits, along.
  const component = /((?:[^\\,;"\0]|\\[0-9a-f]{2}|\\[^0-9a-f\0])+)(?:[,;]|$)/giy;
  while (component.lastIndex < dn.length) {
    const [, text] = component.exec(dn) ?? [];
    if (text === undefined || !/^\s*[\w.-]+\s*=/.test(text)) return undefined;
    found.push(
      text
        .replace(/\s*=\s*/, '=')
        .trim()
        .replace(/\s+/g, ' ')
        .toLowerCase(),
    );
  }
  return found;
}
