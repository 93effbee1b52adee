/** Formats values for a user file: as they are written there, or otherwise in the plainest form. */

export type FieldValue = string | boolean | Date | readonly string[] | null;

/** Texts that every YAML reader, including old ones, reads as exactly this string. */
const PLAIN = /^(?!(?:null|true|false|yes|no|on|off|y|n)$)[\p{L}_$/][\p{L}\p{N}_$./@+=-]*$/iu;

/** @param like the value whose quotes are adopted */
export function scalarText(value: string | boolean | Date | null, like?: string): string {
  if (typeof value === 'boolean' || value === null) return String(value);
  if (like === 'QUOTE_SINGLE' && typeof value === 'string') return `'${value.replaceAll("'", "''")}'`;
  const text = typeof value === 'string' ? value : value.toISOString().replace('.000Z', 'Z');
  if (like === 'QUOTE_DOUBLE') return JSON.stringify(text);
  return typeof value !== 'string' || PLAIN.test(text) ? text : JSON.stringify(text);
}

/** @param like the quotes that the record's other values have */
export function valueText(value: FieldValue, like?: string): string {
  if (!isList(value)) return scalarText(value, like);
  return `[${value.map((item) => scalarText(item, like)).join(', ')}]`;
}

export function isList(value: FieldValue): value is readonly string[] {
  return Array.isArray(value);
}
