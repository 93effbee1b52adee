const ELEMENT = /(?:"([^"\\]*(?:\\.[^"\\]*)*)"|([^\s"\\{},]+))(,|\}$)/sy;
/** PostgreSQL prints the bounds of an array if they do not begin at 1. */
const BOUNDS = /^\[[+-]?\d+:[+-]?\d+\]=/;

/**
 * The elements of a one-dimensional PostgreSQL array in its text form: the driver parses arrays of the types that it
 * knows, and leaves an array of an enum as text. Undefined for any other text.
 * @see PostgreSQL documentation, section 8.15.6
 */
export function parseArrayText(text: string): (string | null)[] | undefined {
  const start = BOUNDS.exec(text)?.[0].length ?? 0;
  if (text[start] !== '{') return undefined;
  if (text.slice(start) === '{}') return [];
  const elements: (string | null)[] = [];
  ELEMENT.lastIndex = start + 1;
  for (;;) {
    const [whole, quoted, plain = '', end] = ELEMENT.exec(text) ?? [];
    if (whole === undefined) return undefined;
    if (quoted !== undefined) elements.push(quoted.replace(/\\(.)/gs, '$1'));
    else elements.push(plain.toUpperCase() === 'NULL' ? null : plain);
    if (end !== ',') return elements;
  }
}
