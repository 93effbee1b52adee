import { types } from 'node:util';

const MAX_NAMES = 3;

/** What a value is, in words for an error: never the value itself. */
export function typeNameOf(value: unknown): string {
  if (value === null) return 'null';
  if (value === undefined) return 'missing';
  if (Array.isArray(value)) {
    const names = [...new Set((value as unknown[]).map((item) => typeNameOf(item)))].slice(0, MAX_NAMES);
    return names.length === 0 ? 'an empty list' : `a list with ${names.join(' and ')}`;
  }
  if (types.isDate(value)) return Number.isNaN(value.getTime()) ? 'a Date without a time' : 'a Date';
  if (value instanceof Uint8Array || value instanceof ArrayBuffer) return 'bytes';
  if (typeof value === 'string') return value === '' ? 'an empty text' : 'a text';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
