import { noteFrozenJson } from '../core/frozen-json';

/** A parsed JSON object. Read only its own properties. */
export type JsonObject = Readonly<Record<string, unknown>>;

// A byte order mark is no JSON (RFC 8259 section 8.1), so it is kept for the parser to refuse.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The bytes of base64url text, or undefined if the text is not their canonical encoding: padding, white space, other
 * alphabets and unused bits that are set would let one token be written in many ways.
 * @see RFC 4648 section 3.5
 */
export function decodeBase64Url(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : undefined;
}

/** The JSON object that the bytes encode in UTF-8, or undefined. */
export function parseJsonObject(bytes: Uint8Array | undefined): JsonObject | undefined {
  if (bytes === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(utf8.decode(bytes));
    // If an app copied the object with Object.assign, an own `__proto__` would become the copy's prototype.
    return isObject(value) && !Object.hasOwn(value, '__proto__') ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Upper bounds of the memory for a value without its texts, and for a property: found by measuring hostile values. */
const VALUE_BYTES = 72;
const PROPERTY_BYTES = 160;

/**
 * Freezes a parsed value deeply, so that it can be handed out more than once.
 * @returns how many bytes it takes in memory, at most
 */
export function freezeJson(value: unknown): number {
  let bytes = 0;
  // JSON may be nested deeper than the stack allows.
  const left = [value];
  while (left.length > 0) {
    const next = left.pop();
    bytes += VALUE_BYTES;
    if (typeof next === 'string') bytes += 2 * next.length;
    if (typeof next !== 'object' || next === null) continue;
    Object.freeze(next);
    if (Array.isArray(next)) {
      for (const entry of next as unknown[]) left.push(entry);
      continue;
    }
    for (const [name, entry] of Object.entries(next)) {
      bytes += PROPERTY_BYTES + 2 * name.length;
      left.push(entry);
    }
  }
  noteFrozenJson(value);
  return bytes;
}
